#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlmig {

// "1 migration", "2 migrations".
inline std::string Counted(std::size_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace sqlmig
