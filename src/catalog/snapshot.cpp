#include "catalog/snapshot.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "support/sha256.h"

namespace sqlmig {
namespace {

// With their lengths, so that no two snapshots are the same bytes.
class Bytes {
 public:
  void Add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<char>(number >> shift & 0xFF));
  }
  void Add(const std::string& text) {
    Add(text.size());
    bytes_ += text;
  }
  const std::string& str() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string Fingerprint(const std::vector<CatalogObject>& objects) {
  Bytes bytes;
  for (const CatalogObject& object : objects) {
    bytes.Add(object.kind);
    bytes.Add(object.name);
    bytes.Add(object.parent);
    bytes.Add(object.properties.size());
    for (const auto& [name, value] : object.properties) {
      bytes.Add(name);
      bytes.Add(value);
    }
  }
  return Sha256Hex(bytes.str());
}

}  // namespace

Snapshot::Snapshot(std::vector<CatalogObject> objects) : objects_(std::move(objects)) {
  std::sort(objects_.begin(), objects_.end(), [](const CatalogObject& a, const CatalogObject& b) {
    return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
  });
  fingerprint_ = Fingerprint(objects_);
}

}  // namespace sqlmig
