// A password is planted in a URL or a list of options, with anything before it that it may hold; MaskPasswords must
// find it. Shared by a fuzz target and the replay of its corpus.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "support/mask_passwords.h"

namespace sqlmig {

inline constexpr std::string_view kPlantedPassword = "qz7xwvkjqy";
inline constexpr std::size_t kMaskingForms = 6;

// `from` in front of each of the characters.
inline std::string Prefixed(std::string_view text, std::string_view characters, char from) {
  std::string made;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) made += from;
    made += c;
  }
  return made;
}

// "" where what stands around the password makes it another's: quotes or a key that are not closed before it.
inline std::string WithPassword(std::size_t form, const std::string& before, const std::string& around) {
  static constexpr std::string_view kBlanks = " \t\r\n\f\v";
  static constexpr std::string_view kOption = "password";
  const std::string password = before + std::string(kPlantedPassword);
  const bool blank = before.find_first_of(kBlanks) != std::string::npos;
  const bool scheme = password.find("://") != std::string::npos || around.find("://") != std::string::npos;
  const bool option = MaskPasswords(around) != around || around.find_first_of("'\"") != std::string::npos;
  const bool nested = std::search(password.begin(), password.end(), kOption.begin(), kOption.end(),
                                  [](char a, char b) { return (a | 0x20) == b; }) != password.end();
  if (scheme || option || nested) return {};
  const std::string escaped = Prefixed(password, " \t\r\n\f\v'\"\\", '\\');
  switch (form % kMaskingForms) {
    case 0:
      return blank ? "" : around + " postgresql://u:" + password + "@[::1]:5432/d";
    case 1:
      return blank ? "" : around + " mysql://u:x" + password + "@h" + around;
    case 2:
      return before.find_first_of("'\"") != std::string::npos ? "" : around + " sslpassword = " + escaped + " user=u";
    case 3:
      return around + " password='" + Prefixed(password, "'\\", '\\') + "' " + around;
    case 4:  // in a string of SQL
      return before.find_first_of("'\\") != std::string::npos ? "" : "SELECT f('password=''" + password + "''" + around;
    default:
      return blank || before.find_first_of("&'\"\\") != std::string::npos ? "" : "x://h/d?a=b&password=" + password;
  }
}

// The first character chooses the form, the rest of its line stands before the password, all other lines around it.
inline std::string MaskingProblem(std::string_view input) {
  MaskPasswords(std::string(input));
  if (input.empty() || input.find(kPlantedPassword) != std::string_view::npos) return {};
  const std::size_t line = std::min(input.find('\n', 1), input.size());
  const std::string text = WithPassword(static_cast<unsigned char>(input[0]), std::string(input.substr(1, line - 1)),
                                        std::string(input.substr(line)));
  const std::string masked = MaskPasswords(text);
  return masked.find(kPlantedPassword) != std::string::npos ? "not masked: " + text + "\n" + masked : "";
}

}  // namespace sqlmig
