#include "support/sha256.h"

#include <openssl/evp.h>

#include "support/error.h"

namespace sqlmig {

struct Sha256Stream::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { EVP_MD_CTX_free(context); }
};

namespace {

// Fetched once: the implicit fetch of EVP_sha256() costs more than hashing a small script.
const EVP_MD* Algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

void Check(int ok) {
  if (ok != 1) throw Error(ErrorCode::kInternal, "SHA-256 is not available in this OpenSSL");
}

}  // namespace

Sha256Stream::Sha256Stream() : impl_(std::make_unique<Impl>()) {
  Check(impl_->context != nullptr && Algorithm() != nullptr ? 1 : 0);
  Check(EVP_DigestInit_ex(impl_->context, Algorithm(), nullptr));
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::Add(std::string_view bytes) {
  Check(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()));
}

Sha256Digest Sha256Stream::Finish() {
  Sha256Digest digest{};
  Check(EVP_DigestFinal_ex(impl_->context, digest.data(), nullptr));
  return digest;
}

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Stream stream;
  stream.Add(bytes);
  return stream.Finish();
}

std::string ToHex(const Sha256Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 0x0FU];
  }
  return hex;
}

std::string Sha256Hex(std::string_view bytes) {
  return ToHex(Sha256(bytes));
}

}  // namespace sqlmig
