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

bool IsAddress(std::string_view text) {
  return text.substr(0, text.find('%')).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

// Behind "[::1]" or "[::1],[fe80::1%eth0]" at `begin`, whose colons are no password's; else `begin`.
std::size_t BehindAddresses(std::string_view url, std::size_t begin) {
  while (url.substr(begin).starts_with('[')) {
    const std::size_t end = url.find(']', begin);
    if (end == std::string_view::npos || !IsAddress(url.substr(begin + 1, end - begin - 1))) return begin;
    begin = end + 1;
    if (url.substr(begin).starts_with(",[")) ++begin;
  }
  return begin;
}

// A password may hold any character but a blank, also those that it should have written as %XX: it reaches from the
// first ':' to the last '@', or to the end when the host was forgotten and it is no port.
std::size_t MaskUrl(std::string& text, std::size_t begin) {
  const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
  const std::string_view url = std::string_view(text).substr(begin, end - begin);
  const std::size_t host = url.rfind('@');
  std::size_t colon = url.find(':');
  if (host != std::string_view::npos && colon < host) return Mask(text, begin + colon + 1, begin + host);
  colon = url.find(':', BehindAddresses(url, host == std::string_view::npos ? 0 : host + 1));
  if (colon == std::string_view::npos) return begin;
  const std::string_view rest = url.substr(colon + 1);
  const std::size_t stop = std::min(rest.find_first_of("/?'\"),;"), rest.size());
  if (rest.substr(0, stop).find_first_not_of("0123456789") == std::string_view::npos) return begin;
  return Mask(text, begin + colon + 1, begin + colon + 1 + stop);
}

bool IsNameCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == '.' || c == '%' || c == '+' || static_cast<unsigned char>(c) >= 0x80;
}

// A word like user:secret@host, the rest of a URL that has lost its scheme. `begin`: where a word begins. Returns its
// end.
std::size_t MaskPair(std::string& text, std::size_t begin) {
  const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
  const std::string_view word = std::string_view(text).substr(begin, end - begin);
  const std::size_t colon = word.find(':');
  const std::size_t host = word.rfind('@');
  if (colon == std::string_view::npos || host == std::string_view::npos || host < colon + 2) return end;
  // Neither a URL, which has been seen to, nor a cast or an operator of SQL.
  const bool other = word.find("://") != std::string_view::npos || word[colon + 1] == ':';
  const bool named = colon > 0 && IsNameCharacter(word[colon - 1]);
  const bool hosted = host + 1 < word.size() && (IsNameCharacter(word[host + 1]) || word[host + 1] == '[');
  if (other || !named || !hosted) return end;
  Mask(text, begin + colon + 1, begin + host);
  return std::min(text.find_first_of(kBlanks, begin), text.size());
}

// The first of `ends` from `begin` on that no backslash stands before, as libpq reads values; else the text's end.
std::size_t EndOfValue(std::string_view text, std::size_t begin, std::string_view ends) {
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (ends.find(text[at]) != std::string_view::npos) return at;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

// `key`: where "password" begins. In a URL it stands behind '?' or '&', and the value ends at the next '&'.
std::size_t MaskValue(std::string& text, std::size_t key, std::size_t begin) {
  if (text.compare(begin, 2, "''") == 0) {  // in a string of SQL, whose quotes are doubled; or empty
    const std::size_t end = text.find("''", begin + 2);
    return end == std::string::npos ? begin + 2 : Mask(text, begin + 2, end) + 2;
  }
  if (text.compare(begin, 1, "\"") == 0) return Mask(text, begin + 1, EndOfValue(text, begin + 1, "\""));
  if (text.compare(begin, 1, "'") == 0) return Mask(text, begin + 1, EndOfValue(text, begin + 1, "'"));
  const std::size_t before = std::string_view(text).substr(0, key).find_last_not_of("abcdefghijklmnopqrstuvwxyz");
  const bool in_url = before != std::string_view::npos && (text[before] == '?' || text[before] == '&');
  return Mask(text, begin, EndOfValue(text, begin, in_url ? " \t\r\n\f\v'\"&" : " \t\r\n\f\v'\""));
}

// Behind the '=' that follows at `at`, and the blanks around it; 0: none follows.
std::size_t BehindEquals(std::string_view text, std::size_t at) {
  at = text.find_first_not_of(kBlanks, at);
  if (at == std::string_view::npos || text[at] != '=') return 0;
  return std::min(text.find_first_not_of(kBlanks, at + 1), text.size());
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
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string::npos;) {
    at = text.find_first_not_of(kBlanks, MaskPair(text, at));
  }
  constexpr std::string_view kOption = "password";
  for (std::size_t from = 0;;) {
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), kOption.begin(),
                                   kOption.end(), SameLetters);
    if (found == text.end()) return text;
    const auto key = static_cast<std::size_t>(found - text.begin());
    const std::size_t value = BehindEquals(text, key + kOption.size());
    from = value == 0 ? key + kOption.size() : MaskValue(text, key, value);
  }
}

}  // namespace sqlmig
