// What is wrong with a file, collected while it is read so that everything can be reported at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/error.h"

namespace sqlmig {

class Problems {
 public:
  void Add(TextPosition at, std::string message, std::string hint);

  // Nobody reads a thousand problems: further ones are only counted, and their hints need not be thought of.
  bool full() const noexcept { return kept_.size() >= kMaxKept; }
  bool empty() const noexcept { return kept_.empty(); }

  // Errors with place, excerpt and hint in the order of their places; the last one counts those left out. Lines that
  // may hold a password have no excerpt.
  std::vector<Error> ToErrors(const std::filesystem::path& file, std::string_view text) &&;

 private:
  static constexpr std::size_t kMaxKept = 1000;
  static constexpr std::size_t kMaxShown = 100;

  struct Problem {
    TextPosition at;
    std::string message;
    std::string hint;
  };
  std::vector<Problem> kept_;
  std::size_t dropped_ = 0;
};

// The user's text as an error message may quote it: one short line without control characters, cut after `://`, where
// a password may follow.
std::string Quoted(std::string_view text);

// Whether a line of a manifest or a `.env` may hold a password, so that it must not be shown.
bool MayHoldSecret(std::string_view line);

}  // namespace sqlmig
