// The ids of one database as they are declared.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/error.h"

namespace sqlmig {

class IdIndex {
 public:
  struct Declared {
    std::string_view id;
    TextPosition at;
  };

  void Reserve(std::size_t ids) { places_.reserve(ids); }

  // The id that is there already and is equal, or equal but for case; null when the new one was added. The view must
  // outlive the index.
  const Declared* Add(std::string_view id, TextPosition at) {
    const auto [place, added] = places_.emplace(id, Declared{id, at});
    return added ? nullptr : &place->second;
  }

  bool Has(std::string_view id) const {
    const auto found = places_.find(id);
    return found != places_.end() && found->second.id == id;
  }

  void AppendTo(std::vector<std::string>& ids) const {
    for (const auto& [id, declared] : places_) ids.emplace_back(id);
  }

 private:
  // Case of ASCII letters folded; ids have no others.
  static char Fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  struct Hash {
    std::size_t operator()(std::string_view id) const noexcept {
      std::size_t hash = 14695981039346656037U;  // FNV-1a
      for (const char c : id) hash = (hash ^ static_cast<unsigned char>(Fold(c))) * 1099511628211U;
      return hash;
    }
  };
  struct Equal {
    bool operator()(std::string_view a, std::string_view b) const noexcept {
      if (a.size() != b.size()) return false;
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (Fold(a[i]) != Fold(b[i])) return false;
      }
      return true;
    }
  };
  std::unordered_map<std::string_view, Declared, Hash, Equal> places_;
};

}  // namespace sqlmig
