#include "report/difference_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxValue = 200;  // characters of a value that are shown

// What a property that is left out is: nobody thinks of a missing comment or right as of a default.
const char* Absent(const std::string& what) {
  return what == "comment" || what.starts_with("security label") || what.starts_with("privileges") ? "(none)"
                                                                                                   : "(default)";
}

// On one line, and not longer than a person reads.
std::string Value(const std::string& text, const char* absent = "(default)") {
  if (text.empty()) return absent;
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : c;
  }
  if (CountCharacters(line) > kMaxValue) line = line.substr(0, ByteOfCharacter(line, kMaxValue)) + " ...";
  return Printable(line);
}

std::string LineOf(const Difference& difference) {
  const std::string object = fmt::format("{} {}", difference.kind, Value(difference.object));
  if (difference.what != "object")
    return fmt::format("~ {}: {}: {} -> {}", object, difference.what, Value(difference.before, Absent(difference.what)),
                       Value(difference.after, Absent(difference.what)));
  const bool gone = difference.after.empty();
  const std::string& summary = gone ? difference.before : difference.after;
  return fmt::format("{} {}: {}", gone ? '-' : '+', object, Value(summary));
}

}  // namespace

std::string DifferenceLines(const std::vector<Difference>& differences, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < std::min(limit, differences.size()); ++i) text += LineOf(differences[i]) + "\n";
  if (differences.size() > limit) {
    text += fmt::format("... and {} more\n", Counted(differences.size() - limit, "difference"));
  }
  return text;
}

}  // namespace sqlmig
