#include "support/uuid.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <unistd.h>

#include "support/error.h"

namespace sqlmig {

std::string RandomUuid() {
  std::array<std::uint8_t, 16> bytes{};
  // The kernel's own generator: OpenSSL's takes a millisecond to start.
  if (getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorCode::kInternal, "the system's random generator does not answer");
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace sqlmig
