#include "support/mask_passwords.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace sqlmig {
namespace {

constexpr std::string_view kMask = "****";
constexpr std::string_view kExample = "password";  // as hints write it
constexpr std::string_view kBlanks = " \t\r\n\f\v";

// Replaces text[begin, end) and returns where it goes on behind it.
std::size_t Mask(std::string& text, std::size_t begin, std::size_t end) {
  if (begin == end || std::string_view(text).substr(begin, end - begin) == kExample) return end;
  text.replace(begin, end - begin, kMask);
  return begin + kMask.size();
}

// A password may hold any character but a blank, also those that it should have written as %XX: it reaches from the
// first ':' to the last '@', or to the end when the host was forgotten and it is no port.
std::size_t MaskUrl(std::string& text, std::size_t begin) {
  const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
  const std::string_view url = std::string_view(text).substr(begin, end - begin);
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos) return begin;
  const std::size_t host = url.rfind('@');
  if (host != std::string_view::npos && host > colon) return Mask(text, begin + colon + 1, begin + host);
  const std::string_view rest = url.substr(colon + 1);
  const std::size_t stop = std::min(rest.find_first_of("/?'\"),;"), rest.size());
  if (rest.substr(0, stop).find_first_not_of("0123456789") == std::string_view::npos) return begin;
  return Mask(text, begin + colon + 1, begin + colon + 1 + stop);
}

std::size_t MaskValue(std::string& text, std::size_t begin) {
  const bool quoted = begin < text.size() && text[begin] == '\'';
  if (quoted) return Mask(text, begin + 1, std::min(text.find('\'', begin + 1), text.size()));
  return Mask(text, begin, std::min(text.find_first_of(" \t\r\n\f\v&'\"", begin), text.size()));
}

bool SameLetters(char a, char b) {
  return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
}

}  // namespace

std::string MaskPasswords(std::string text) {
  constexpr std::string_view kScheme = "://";
  for (std::size_t at = text.find(kScheme); at != std::string::npos; at = text.find(kScheme, at)) {
    at = MaskUrl(text, at + kScheme.size());
  }
  constexpr std::string_view kOption = "password=";
  for (std::size_t from = 0;;) {
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), kOption.begin(),
                                   kOption.end(), SameLetters);
    if (found == text.end()) return text;
    from = MaskValue(text, static_cast<std::size_t>(found - text.begin()) + kOption.size());
  }
}

}  // namespace sqlmig
