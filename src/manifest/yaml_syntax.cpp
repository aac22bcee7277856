#include "manifest/yaml_syntax.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "manifest/problems.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

struct KnownError {
  std::string_view parser;  // start of the parser's message
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kQuoteIt = "put the value in double quotes";

constexpr std::array kKnownErrors = {
    KnownError{"illegal map value", "unexpected ':'",
               "indent the keys of one mapping alike, and put a value that holds ': ' in double quotes"},
    KnownError{"end of map not found", "expected a key here",
               "indent the keys of one mapping alike, each as 'key: value'"},
    KnownError{"end of map flow not found", "expected ',' or '}' here",
               "close '{' with '}', and put a value that holds one of ,[]{} in double quotes"},
    KnownError{"end of sequence not found", "expected an entry of the list here",
               "start every entry with '- ', all indented alike"},
    KnownError{"end of sequence flow not found", "expected ',' or ']' here",
               "close '[' with ']', and put a value that holds one of ,[]{} in double quotes"},
    KnownError{"illegal flow end", "this bracket closes another kind of bracket",
               "close '[' with ']' and '{' with '}', the inner one first"},
    KnownError{"illegal block entry", "unexpected '-'",
               "close the brackets of the entry above, or put '- ' on a line of its own below the key"},
    KnownError{"illegal map key", "a key cannot stand here",
               "put each key on a line of its own, indented like its neighbours"},
    KnownError{"illegal tab", "a tab cannot indent", "indent with spaces"},
    KnownError{"unexpected character in block scalar", "unexpected text after '>' or '|'",
               "put a value that starts with '>' or '|' in double quotes, as in \">=16\""},
    KnownError{"unexpected end of block scalar", "unexpected end of a block of text", kQuoteIt},
    KnownError{"unknown token", "a value cannot start with this character", kQuoteIt},
    KnownError{"unknown escape character", "unknown escape in double quotes",
               "write '\\\\' for a backslash, or use single quotes"},
    KnownError{"bad character found while scanning hex number", "wrong digits after the escape",
               "write '\\\\' for a backslash, or use single quotes"},
    KnownError{"invalid unicode", "this escape names no character", "write the character itself"},
    KnownError{"illegal document indicator in scalar", "'---' or '...' inside a quoted value",
               "close the quote before it"},
    KnownError{"illegal EOF in scalar", "the file ends inside a quoted value", "close the quote"},
    KnownError{"the referenced anchor is not defined", "aliases ('*') are not supported",
               "write the value out, or put it in double quotes"},
    KnownError{"alias", "aliases ('*') are not supported", "write the value out, or put it in double quotes"},
    KnownError{"anchor", "anchors ('&') are not supported", "put a value that starts with '&' in double quotes"},
    KnownError{"cannot assign multiple anchors", "anchors ('&') are not supported",
               "put a value that starts with '&' in double quotes"},
    KnownError{"tag", "tags ('!') are not supported", "put a value that starts with '!' in double quotes"},
    KnownError{"cannot assign multiple tags", "tags ('!') are not supported",
               "put a value that starts with '!' in double quotes"},
    KnownError{"bad file", "nested too deeply",
               "remove brackets or indentation: no value of a manifest lies that deep"},
};

std::optional<Complaint> WhyNotByte(std::string_view text, std::size_t i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (byte == '\r') {
    if (i + 1 < text.size() && text[i + 1] == '\n') return std::nullopt;
    return Complaint{"a carriage return that ends no line", "end lines with a line feed"};
  }
  if (byte == 0) return Complaint{"NUL byte", "save the file as UTF-8 text"};
  return Complaint{fmt::format("control character 0x{:02x}", byte), "remove it"};
}

constexpr bool IsWrongControl(unsigned char byte) {
  return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
}

enum class ByteClass : unsigned char { kOther, kControl, kOpening };

constexpr std::array<ByteClass, 256> kByteClasses = [] {
  std::array<ByteClass, 256> classes{};
  for (std::size_t byte = 0; byte < classes.size(); ++byte) {
    if (IsWrongControl(static_cast<unsigned char>(byte))) classes[byte] = ByteClass::kControl;
  }
  for (const char c : {'[', '{', ',', '\n'}) classes[static_cast<unsigned char>(c)] = ByteClass::kOpening;
  return classes;
}();

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

namespace {

// Whether git could not merge here and left both sides for a person: seven signs, and a blank or the end of the line.
bool IsConflictMarker(std::string_view line) {
  constexpr std::size_t kLength = 7;
  const char sign = line.empty() ? '\0' : line.front();
  if (sign != '<' && sign != '=' && sign != '>' && sign != '|') return false;
  if (line.find_first_not_of(sign) != kLength) return line == std::string(kLength, sign);
  return line[kLength] == ' ' || line[kLength] == '\n' || line[kLength] == '\r';
}

Complaint ConflictMarker() {
  return {"this is git's mark of a conflict",
          "resolve the merge: keep the lines that belong here and remove git's marks"};
}

}  // namespace

Complaint TooManyValues() {
  return {fmt::format("more than {} values", kMaxValues), "split the project into several manifests"};
}

TextCheck CheckText(std::string_view text) {
  TextCheck check;
  if (IsConflictMarker(text)) {
    check.wrong = ConflictMarker();
    return check;
  }
  unsigned seen = 0;
  std::size_t openings = 0;  // characters before a value of a list, or a key
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    seen |= byte;
    if (kByteClasses[byte] == ByteClass::kOther) continue;
    check.wrong = kByteClasses[byte] == ByteClass::kControl ? WhyNotByte(text, i)
                  : ++openings > kMaxValues                 ? std::optional(TooManyValues())
                                                            : std::nullopt;
    check.offset = i;
    if (check.wrong) break;
    if (byte == '\n' && IsConflictMarker(text.substr(i + 1))) {
      check.offset = i + 1;
      check.wrong = ConflictMarker();
      break;
    }
  }
  check.ascii = seen < 0x80;
  if (check.ascii) return check;
  const std::size_t invalid = FindInvalidUtf8(text);
  if (invalid == std::string_view::npos || (check.wrong && check.offset < invalid)) return check;
  check.offset = invalid;
  check.wrong = Complaint{fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(text[invalid])),
                          "save the file as UTF-8 text"};
  return check;
}

bool HoldsControl(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) { return IsWrongControl(static_cast<unsigned char>(c)); });
}

Complaint DescribeSyntaxError(std::string_view message, std::string_view line) {
  const std::size_t indentation = std::min(line.find_first_not_of(" \t"), line.size());
  if (line.substr(0, indentation).find('\t') != std::string_view::npos) message = "illegal tab";
  const auto known = std::find_if(kKnownErrors.begin(), kKnownErrors.end(),
                                  [&](const KnownError& error) { return StartsWith(message, error.parser); });
  if (known != kKnownErrors.end()) return {std::string(known->message), std::string(known->hint)};
  return {fmt::format("invalid YAML: {}", Printable(message)), "put values with unusual characters in double quotes"};
}

Complaint DescribeProperty(std::string_view source) {
  const std::string word = Quoted(source.substr(0, source.find_first_of(" \t\r\n,[]{}")));
  if (StartsWith(source, "&"))
    return {fmt::format("anchors are not supported: {}", word),
            "remove it, and write the value out wherever it is needed"};
  if (StartsWith(source, "*")) return {fmt::format("aliases are not supported: {}", word), "write the value out"};
  return {fmt::format("tags are not supported: {}", word), "remove it: every value is text"};
}

bool IsClosed(std::string_view source) {
  if (source.empty() || (source[0] != '"' && source[0] != '\'')) return true;
  const char quote = source[0];
  for (std::size_t i = 1; i < source.size(); ++i) {
    if (quote == '"' && source[i] == '\\') {
      ++i;
    } else if (source[i] == quote) {
      if (quote == '"' || i + 1 >= source.size() || source[i + 1] != '\'') return true;
      ++i;
    }
  }
  return false;
}

std::string DoubleQuoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));  // C1 controls, NEL among them
    } else if (StartsWith(text.substr(i), "\xE2\x80\xA8") || StartsWith(text.substr(i), "\xE2\x80\xA9")) {
      out += text[i + 2] == '\xA8' ? "\\L" : "\\P";  // line and paragraph separator
      i += 2;
    } else if (StartsWith(text.substr(i), "\xEF\xBB\xBF")) {
      out += "\\ufeff";
      i += 2;
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool IsNullWord(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

}  // namespace sqlmig
