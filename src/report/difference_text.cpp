#include "report/difference_text.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxValue = 200;  // characters of a value that are shown
constexpr std::size_t kSameShown = 60;  // of them what is the same in both, before they differ

struct Usual {
  std::string_view what;
  const char* value;
};
// What a property is that the catalog leaves out, in words. Not listed: there is none.
constexpr std::array<Usual, 23> kUsual = {{{"access method", "heap"},
                                           {"cache", "1"},
                                           {"collation", "that of the type"},
                                           {"command", "all"},
                                           {"compression", "that of the server"},
                                           {"context", "explicit"},
                                           {"enabled", "yes"},
                                           {"enforced", "yes"},
                                           {"increment", "1"},
                                           {"maximum", "that of the type"},
                                           {"minimum", "that of the type"},
                                           {"operations", "insert, update, delete, truncate"},
                                           {"parallel", "unsafe"},
                                           {"partition detached", "no"},
                                           {"persistence", "logged"},
                                           {"replica identity", "primary key"},
                                           {"roles", "public"},
                                           {"row security", "disabled"},
                                           {"row security for its owner", "not forced"},
                                           {"start", "where it begins to count"},
                                           {"statistics target", "that of the server"},
                                           {"storage", "that of the type"},
                                           {"tablespace", "that of the database"}}};

// What everybody may do with a new object.
const char* BuiltInForPublic(const std::string& kind) {
  if (kind == "function" || kind == "procedure" || kind == "aggregate") return "EXECUTE (by default)";
  return kind == "type" || kind == "domain" || kind == "language" ? "USAGE (by default)" : "none";
}

// What the side is that has no value, where the other one has `other`.
const char* Absent(const Difference& difference, const std::string& other) {
  if (difference.what.starts_with(kPrivilegesOf)) {
    const char* const built_in = difference.what.ends_with(" PUBLIC") ? BuiltInForPublic(difference.kind) : "none";
    return other == "none" && built_in == std::string_view("none") ? "those by default" : built_in;
  }
  const auto* const usual =
      std::find_if(kUsual.begin(), kUsual.end(), [&](const Usual& known) { return known.what == difference.what; });
  if (usual != kUsual.end()) return usual->value;
  if (difference.kind == "sequence" && difference.what == "type") return "bigint";
  if (other == "yes") return "no";
  return other == "no" ? "yes" : "none";
}

// On one line.
std::string Flattened(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : c;
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

// What a person reads of a line, from a character on.
std::string Excerpt(const std::string& line, std::size_t from) {
  const std::string rest = line.substr(ByteOfCharacter(line, from));
  const bool cut = CountCharacters(rest) > kMaxValue;
  return Printable((from > 0 ? "... " : "") + (cut ? rest.substr(0, ByteOfCharacter(rest, kMaxValue)) + " ..." : rest));
}

std::string Value(const std::string& text, const char* absent = "none") {
  return text.empty() ? absent : Excerpt(Flattened(text), 0);
}

std::string_view TakeLine(std::string_view* text) {
  const std::size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return line;
}

// Two texts that look the same on one line.
std::string WhiteSpaceChange(std::string_view before, std::string_view after) {
  for (int number = 1;; ++number) {
    const std::string_view old_line = TakeLine(&before);
    const std::string_view new_line = TakeLine(&after);
    if (old_line == new_line && !(before.empty() && after.empty())) continue;
    return fmt::format("only white space, first in line {}: \"{}\" -> \"{}\"", number,
                       Excerpt(std::string(old_line), 0), Excerpt(std::string(new_line), 0));
  }
}

// Long ones are shown from a little before where they begin to differ.
std::string Change(const Difference& difference) {
  const std::string& before = difference.before;
  const std::string& after = difference.after;
  if (before.empty() || after.empty()) {
    return fmt::format("{} -> {}", Value(before, Absent(difference, after)), Value(after, Absent(difference, before)));
  }
  const std::string old_line = Flattened(before);
  const std::string new_line = Flattened(after);
  if (old_line == new_line) return WhiteSpaceChange(before, after);
  std::size_t from = 0;
  if (std::max(CountCharacters(old_line), CountCharacters(new_line)) > kMaxValue) {
    const auto [old_end, new_end] = std::mismatch(old_line.begin(), old_line.end(), new_line.begin(), new_line.end());
    const std::size_t same =
        CountCharacters(std::string_view(old_line.data(), static_cast<std::size_t>(old_end - old_line.begin())));
    from = same > kSameShown ? same - kSameShown : 0;
  }
  return fmt::format("{} -> {}", Excerpt(old_line, from), Excerpt(new_line, from));
}

std::string LineOf(const Difference& difference) {
  const std::string object = fmt::format("{} {}", difference.kind, Value(difference.object));
  if (difference.what != "object") return fmt::format("~ {}: {}: {}", object, difference.what, Change(difference));
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
