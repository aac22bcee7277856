#include "dump/schema_file.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "support/sha256.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::string_view kTitle = "-- sqlmig schema 1: ";
constexpr std::string_view kAnyTitle = "-- sqlmig schema ";
constexpr std::string_view kApplied = "-- sqlmig applied 1\n";
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool IsControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

// The line with backslashes and control characters escaped.
std::string Escaped(std::string_view line) {
  std::string text;
  for (const char c : line) {
    if (c == '\\') {
      text += "\\\\";
    } else if (IsControl(c)) {
      const auto byte = static_cast<unsigned char>(c);
      text += {'\\', 'x', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
    } else {
      text += c;
    }
  }
  return text;
}

// Nothing: it is not what Escaped gives.
std::optional<std::string> Unescaped(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      line += text[i];
    } else if (text.substr(i).starts_with("\\\\")) {
      line += text[++i];
    } else {
      if (i + 3 >= text.size() || text[i + 1] != 'x') return std::nullopt;
      const std::size_t high = kHexDigits.find(text[i + 2]);
      const std::size_t low = kHexDigits.find(text[i + 3]);
      if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
      line += static_cast<char>(high << 4U | low);
      i += 3;
    }
  }
  return line;
}

std::string ScriptLines(std::string_view script) {
  std::string text;
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\n'), script.size());
    const std::string_view line = script.substr(0, end);
    const bool raw = std::none_of(line.begin(), line.end(), IsControl);
    text += fmt::format("-- {}{}\n", raw ? '|' : '\\', raw ? std::string(line) : Escaped(line));
    if (end == script.size()) text += "-- no_newline\n";
    script.remove_prefix(std::min(end + 1, script.size()));
  }
  return text;
}

std::string DownText(const AppliedMigration& row) {
  const std::string hashes = fmt::format("{} {} {}", row.down.bytes, row.down.tokens, row.hash_algorithm);
  switch (row.down_kind) {
    case DownKind::kScript:
      return "script " + hashes;
    case DownKind::kSecret:
      return "secret " + hashes;
    case DownKind::kNone:
      return "none";
    case DownKind::kIrreversible:
      return "irreversible";
  }
  return "none";
}

std::string MigrationText(const RecordedMigration& recorded) {
  const AppliedMigration& row = recorded.row;
  std::string text = fmt::format("--\n-- migration {}\n", row.id.str());
  if (!row.description.empty()) text += fmt::format("-- description {}\n", Escaped(row.description));
  if (!row.depends_on.empty()) {
    text += "-- depends_on";
    for (const MigrationId& id : row.depends_on) text += " " + id.str();
    text += "\n";
  }
  if (!row.up.bytes.empty()) text += fmt::format("-- up {} {} {}\n", row.up.bytes, row.up.tokens, row.hash_algorithm);
  text += fmt::format("-- down {}\n", DownText(row));
  if (!row.up_transaction || !row.down_transaction) {
    text += fmt::format("-- outside_transaction{}{}\n", row.up_transaction ? "" : " up",
                        row.down_transaction ? "" : " down");
  }
  return row.down_kind == DownKind::kScript ? text + ScriptLines(recorded.down_script) : text;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool IsHash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

class Parser {
 public:
  Parser(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {}

  SchemaFile Parse() {
    ReadTitle();
    // Its own lines cannot be this one: a down script's have a mark before them.
    const std::size_t found = text_.rfind("\n" + std::string(kApplied));
    if (found == std::string_view::npos) {
      throw Wrong(text_.size(), "the list of what is applied is missing, which begins with '-- sqlmig applied 1'");
    }
    parsed_.sql = text_.substr(0, found + 1);
    line_ = found + 1;
    for (std::size_t at = found + 1 + kApplied.size(); at < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      line_ = at;
      ReadLine(text_.substr(at, end - at));
      at = end + 1;
    }
    Finish();
    return std::move(parsed_);
  }

 private:
  void ReadTitle() {
    const std::string_view title = text_.substr(0, std::min(text_.find('\n'), text_.size()));
    if (!IsSchemaFile(text_)) {
      throw Wrong(0, "this is no file of 'sqlmig dump': it does not begin with '-- sqlmig schema 1'");
    }
    if (!title.starts_with(kTitle)) {
      throw Error(ErrorCode::kScript,
                  "the file was written by another version of sqlmig, in a form that this one "
                  "does not know")
          .At({file_, {1, 1}})
          .Hint("use that version of sqlmig, or write the file again with this one: 'sqlmig dump'");
    }
    if (title.ends_with('\r')) {
      // Bodies of functions would get them too.
      throw Error(ErrorCode::kScript, "the lines of the file end with CR LF")
          .At({file_, {1, 1}})
          .Hint(
              "say '*.sql text eol=lf' in .gitattributes and check the file out again, or write it with 'sqlmig dump'");
    }
    parsed_.scope = title.substr(kTitle.size());
  }

  void ReadLine(std::string_view line) {
    if (line.empty() || line == "--") return;
    if (!line.starts_with("-- ")) throw Wrong(line_, "the list of what is applied must be of comments alone");
    line.remove_prefix(3);
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view key = line.substr(0, space);
    const std::string_view value = line.substr(std::min(space + 1, line.size()));
    if (key == "migration") {
      Begin(value);
    } else if (parsed_.applied.empty()) {
      throw Wrong(line_, "it is about no migration");
    } else if (line.starts_with('|')) {
      AddToScript(std::string(line.substr(1)));
    } else if (line.starts_with('\\')) {
      AddToScript(Unescape(line.substr(1)));
    } else {
      ReadKey(key, value);
    }
  }

  void ReadKey(std::string_view key, std::string_view value) {
    AppliedMigration& row = parsed_.applied.back().row;
    if (key == "description") {
      row.description = Unescape(value);
    } else if (key == "depends_on") {
      for (const std::string_view id : Words(value)) row.depends_on.push_back(Dependency(id));
    } else if (key == "up") {
      row.up = ReadHashes(Words(value), &row);
    } else if (key == "down") {
      ReadDown(Words(value), &row);
    } else if (key == "outside_transaction") {
      for (const std::string_view direction : Words(value)) {
        if (direction != "up" && direction != "down") throw Wrong(line_, "it must say 'up' or 'down'");
        (direction == "up" ? row.up_transaction : row.down_transaction) = false;
      }
    } else if (key == "no_newline" && parsed_.applied.back().down_script.ends_with('\n')) {
      parsed_.applied.back().down_script.pop_back();
    } else {
      throw Wrong(line_, "this line is not understood");
    }
  }

  void Begin(std::string_view text) {
    Finish();
    std::string id(text);
    if (const auto wrong = MigrationId::WhyNot(id)) throw Wrong(line_, "it names no migration: " + *wrong);
    if (!ids_.insert(id).second) throw Wrong(line_, fmt::format("'{}' stands here twice", id));
    parsed_.applied.emplace_back().row.id = MigrationId::Trusted(std::move(id));
    parsed_.applied.back().row.ordinal = static_cast<std::int64_t>(parsed_.applied.size());
    begun_ = line_;
    has_down_ = false;
  }

  // What holds for a migration as a whole.
  void Finish() {
    if (parsed_.applied.empty()) return;
    const RecordedMigration& last = parsed_.applied.back();
    const std::string& id = last.row.id.str();
    if (!has_down_) throw Wrong(begun_, fmt::format("'{}' lacks the line that says how its way back is", id));
    if (last.row.down_kind == DownKind::kScript && Sha256Hex(last.down_script) != last.row.down.bytes) {
      throw Wrong(begun_, fmt::format("the down script of '{}' is not the one that the file's hash is of", id));
    }
  }

  MigrationId Dependency(std::string_view id) {
    if (!ids_.contains(std::string(id)) || id == parsed_.applied.back().row.id.str()) {
      throw Wrong(line_, fmt::format("'{}' does not stand before the migration that depends on it", id));
    }
    return MigrationId::Trusted(std::string(id));
  }

  ScriptHashes ReadHashes(const std::vector<std::string_view>& words, AppliedMigration* row) {
    const bool good = words.size() == 3 && IsHash(words[0]) && IsHash(words[1]) && ReadNumber(words[2], row);
    if (!good) throw Wrong(line_, "it must have two SHA-256 sums and a number");
    return {std::string(words[0]), std::string(words[1])};
  }

  static bool ReadNumber(std::string_view text, AppliedMigration* row) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), row->hash_algorithm);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && row->hash_algorithm > 0;
  }

  void ReadDown(std::vector<std::string_view> words, AppliedMigration* row) {
    const std::string_view kind = words.empty() ? std::string_view() : words.front();
    const bool bare = words.size() == 1;
    has_down_ = true;
    if (kind == "script" || kind == "secret") {
      words.erase(words.begin());
      row->down = ReadHashes(words, row);
      row->down_kind = kind == "script" ? DownKind::kScript : DownKind::kSecret;
    } else if (bare && (kind == "none" || kind == "irreversible")) {
      row->down_kind = kind == "none" ? DownKind::kNone : DownKind::kIrreversible;
    } else {
      throw Wrong(line_, "it must say script, secret, none or irreversible");
    }
  }

  void AddToScript(const std::string& line) {
    if (!has_down_ || parsed_.applied.back().row.down_kind != DownKind::kScript) {
      throw Wrong(line_, "it is of no down script");
    }
    parsed_.applied.back().down_script += line + "\n";
  }

  std::string Unescape(std::string_view text) {
    auto line = Unescaped(text);
    if (!line) throw Wrong(line_, "a backslash must be followed by another one, or by x and two digits");
    return std::move(*line);
  }

  Error Wrong(std::size_t offset, std::string message) const {
    const TextPosition at = PositionOfByte(text_, offset);
    return Error(ErrorCode::kScript, std::move(message))
        .At({file_, at})
        .Excerpt(ExcerptAt(text_, at))
        .Hint("write the file again with 'sqlmig dump'; after a merge of branches, too");
  }

  std::string_view text_;
  const std::filesystem::path& file_;
  SchemaFile parsed_;
  std::set<std::string, std::less<>> ids_;
  std::size_t line_ = 0;   // where the line that is read begins
  std::size_t begun_ = 0;  // where that of its migration does
  bool has_down_ = false;
};

}  // namespace

std::string SchemaFileText(const SchemaFile& file) {
  std::string text = fmt::format(
      "{}{}\n"
      "-- Written by 'sqlmig dump' and read by 'sqlmig load'; 'sqlmig check' tells when it is out of date.\n\n",
      kTitle, file.scope);
  text += file.sql;
  text += fmt::format("\n{}", kApplied);
  for (const RecordedMigration& recorded : file.applied) text += MigrationText(recorded);
  return text;
}

SchemaFile ParseSchemaFile(std::string_view text, const std::filesystem::path& file) {
  return Parser(text, file).Parse();
}

bool IsSchemaFile(std::string_view text) {
  return text.starts_with(kAnyTitle);
}

}  // namespace sqlmig
