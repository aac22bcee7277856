#include "manifest/edit.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manifest/edit_nodes.h"
#include "manifest/read_migration.h"
#include "manifest/scalars.h"
#include "manifest/text_lines.h"
#include "manifest/yaml_document.h"
#include "manifest/yaml_syntax.h"
#include "support/text_position.h"

namespace sqlmig {

Pair FindKey(const YamlDocument& document, const YamlNode& map, std::string_view name) {
  Pair found;
  if (map.kind != NodeKind::kMap) return found;
  ForEachPair(map, [&](const YamlNode& key, const YamlNode& value) {
    if (found.key == nullptr && key.kind == NodeKind::kScalar && document.Text(key) == name) found = {&key, &value};
  });
  return found;
}

const YamlNode* FindOwner(const YamlDocument& document, const Manifest& manifest, std::string_view database) {
  const YamlNode* const root = document.root();
  if (root == nullptr || !manifest.several) return root;
  const Pair databases = FindKey(document, *root, "databases");
  return databases.key == nullptr ? nullptr : FindKey(document, *databases.value, database).value;
}

namespace {

constexpr std::size_t kIndentStep = 2;

const YamlNode* LastItem(const YamlNode& sequence) {
  const YamlNode* last = nullptr;
  ForEachItem(sequence, [&](const YamlNode& item) { last = &item; });
  return last;
}

std::string IdList(const std::vector<MigrationId>& ids) {
  std::vector<std::string> texts;
  for (const MigrationId& id : ids) texts.push_back(QuotedId(id));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace

std::string QuotedId(const MigrationId& id) {
  return IsNullWord(id.str()) ? DoubleQuoted(id.str()) : id.str();
}

std::string EntryText(const NewEntry& entry) {
  std::string text = fmt::format("{{id: {}, depends_on: {}", QuotedId(entry.id), IdList(entry.depends_on));
  if (!entry.description.empty()) text += fmt::format(", description: {}", DoubleQuoted(entry.description));
  if (entry.without_scripts) text += ", up: none, down: none";
  if (entry.without_transaction) text += ", transaction: false";
  if (!entry.irreversible.empty()) text += fmt::format(", irreversible: {}", DoubleQuoted(entry.irreversible));
  if (!entry.required.empty()) text += fmt::format(", requires: [{}]", fmt::join(entry.required, ", "));
  if (!entry.requires_server.empty()) text += fmt::format(", requires_server: {}", DoubleQuoted(entry.requires_server));
  if (!entry.replaces.empty()) text += fmt::format(", replaces: {}", IdList(entry.replaces));
  return text + "}";
}

namespace {

class Editor {
 public:
  Editor(const Manifest& manifest, const std::string& database, const NewEntry& entry)
      : manifest_(manifest),
        text_(manifest.text),
        lines_(text_),
        document_(YamlDocument::Parse(text_, ignored_)),
        owner_(FindOwner(document_, manifest, database)),
        entry_(EntryText(entry)) {}

  std::string Result() const {
    if (owner_ == nullptr || owner_->kind != NodeKind::kMap) throw Refusal(0);
    const Pair list = FindKey(document_, *owner_, "migrations");
    if (list.key == nullptr) return WithKey();
    if (list.value->kind == NodeKind::kNull) return WithFirst(list);
    if (list.value->kind != NodeKind::kSequence) throw Refusal(list.key->offset);
    if (!list.value->flow) return WithBlockEntry(*list.value);
    return list.value->size == 1 ? WithFirst(list) : WithFlowEntry(*list.value);
  }

 private:
  Error Refusal(std::size_t offset) const {
    const TextPosition at = PositionOfByte(text_, offset);
    return Error(ErrorCode::kManifest, "cannot add a line to these 'migrations' without changing others")
        .At(manifest_.Location(at))
        .Hint("write 'migrations:' on a line of its own, and below it each migration on one line as '- {...}'");
  }

  // A new line before the one that starts at `offset`, or at the text's end.
  std::string WithLine(std::size_t offset, const std::string& line) const {
    const std::string line_break = lines_.LineBreak(offset);
    const bool unfinished = offset == text_.size() && offset > 0 && text_[offset - 1] != '\n';
    return fmt::format("{}{}{}{}{}", text_.substr(0, offset), unfinished ? line_break : "", line, line_break,
                       text_.substr(offset));
  }

  std::string WithBlockEntry(const YamlNode& list) const {
    const std::string_view indent = lines_.Before(list.offset);
    if (!IsBlank(indent)) throw Refusal(list.offset);
    const std::size_t last_line = lines_.LineEnd(lines_.LastToken(*LastItem(list)));
    return WithLine(lines_.SkipIndented(last_line, indent.size() + 1), fmt::format("{}- {}", indent, entry_));
  }

  // A flow list over several lines. Without a comma at its end, the new line starts with one.
  std::string WithFlowEntry(const YamlNode& list) const {
    const YamlNode& last = *LastItem(list);
    if (!last.flow) throw Refusal(list.offset);
    std::string_view before = lines_.Before(last.offset);
    const std::size_t indent = std::min(before.find_first_not_of(" \t"), before.size());
    if (!IsBlank(before) && before.substr(indent) != ", ") throw Refusal(list.offset);
    const std::size_t end = lines_.FlowEnd(last.offset);
    std::string_view rest = lines_.Rest(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool comma = !rest.empty() && rest[0] == ',';
    if (comma) rest.remove_prefix(1);
    if (!IsBlankOrComment(rest)) throw Refusal(list.offset);
    const std::string line = comma ? entry_ + "," : ", " + entry_;
    return WithLine(lines_.LineEnd(end), fmt::format("{}{}", before.substr(0, indent), line));
  }

  // `migrations:` without a value, or with `[]` or a word for nothing, becomes a block.
  std::string WithFirst(const Pair& list) const {
    if (owner_->flow || IsNullWordBelow(list)) throw Refusal(list.key->offset);
    const std::size_t colon = text_.find(':', lines_.LastToken(*list.key));
    const std::string_view rest = lines_.Rest(colon + 1);
    const std::size_t token = std::min(rest.find_first_not_of(" \t"), rest.size());
    std::size_t length = 0;
    if (list.value->kind == NodeKind::kSequence) {
      if (list.value->offset != colon + 1 + token) throw Refusal(list.value->offset);
      length = lines_.FlowEnd(list.value->offset) - list.value->offset;
      if (length > rest.size() - token) throw Refusal(list.value->offset);
    } else if (token < rest.size() && rest[token] != '#') {
      length = std::min(rest.find_first_of(" \t", token), rest.size()) - token;
    }
    if (!IsBlankOrComment(rest.substr(token + length))) throw Refusal(list.key->offset);
    const std::size_t column = list.key->column;
    const std::string line = fmt::format("{}- {}", std::string(column + IndentStep(), ' '), entry_);
    std::string text = WithLine(lines_.SkipIndented(lines_.LineEnd(colon), column + 1), line);
    if (length > 0) text.erase(colon + 1, token + length);
    return text;
  }

  // `migrations:` with a `~` or `null` on a later line.
  bool IsNullWordBelow(const Pair& list) const {
    if (list.value->kind != NodeKind::kNull || list.value->offset < lines_.LineEnd(list.key->offset)) return false;
    const std::string_view rest = lines_.Rest(list.value->offset);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    return !word.empty() && IsNullWord(word);
  }

  std::string WithKey() const {
    if (owner_->flow || !IsBlank(lines_.Before(owner_->offset))) throw Refusal(owner_->offset);
    const std::size_t column = owner_->column;
    const std::size_t end = lines_.SkipIndented(lines_.LineEnd(lines_.LastToken(*owner_)), column);
    return WithLine(end, fmt::format("{0}migrations:{1}{0}{2}- {3}", std::string(column, ' '), lines_.LineBreak(end),
                                     std::string(IndentStep(), ' '), entry_));
  }

  // How far the file indents lists of migrations below their key.
  std::size_t IndentStep() const {
    if (!manifest_.several) return kIndentStep;
    for (const DatabaseEntry& database : manifest_.databases) {
      const YamlNode* const owner = FindOwner(document_, manifest_, database.name);
      const Pair list = owner == nullptr ? Pair{} : FindKey(document_, *owner, "migrations");
      const bool block = list.key != nullptr && list.value->kind == NodeKind::kSequence && !list.value->flow;
      if (block && list.value->column >= list.key->column) return list.value->column - list.key->column;
    }
    return kIndentStep;
  }

  const Manifest& manifest_;
  std::string_view text_;
  TextLines lines_;
  Problems ignored_;
  YamlDocument document_;
  const YamlNode* owner_;
  std::string entry_;
};

// The document's values without the list of the owner's migrations when that is empty, and without `item`.
class Flattener {
 public:
  Flattener(const YamlDocument& document, const YamlNode* owner, const YamlNode* item)
      : document_(document), owner_(owner), item_(item) {}

  std::string Text() {
    if (document_.root() != nullptr) Add(*document_.root());
    return std::move(out_);
  }

 private:
  bool IsLeftOut(const YamlNode& map, const YamlNode& key, const YamlNode& value) const {
    if (&map != owner_ || document_.Text(key) != "migrations") return false;
    const bool only = value.size > 1 && item_ == &value + 1 && &value + value.size == item_ + item_->size;
    return value.size == 1 || only;
  }

  void Add(const YamlNode& node) {
    if (&node == item_) return;
    out_ += static_cast<char>('0' + static_cast<int>(node.kind));
    if (node.kind == NodeKind::kScalar) AddText(document_.Text(node));
    ForEachChild(node);
    out_ += ';';
  }

  // A block of text at the end of the file gets a line feed when its last line does.
  void AddText(std::string_view text) {
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    out_.append(text).append(1, '\0');
  }

  void ForEachChild(const YamlNode& node) {
    if (node.kind == NodeKind::kSequence) ForEachItem(node, [&](const YamlNode& item) { Add(item); });
    if (node.kind != NodeKind::kMap) return;
    ForEachPair(node, [&](const YamlNode& key, const YamlNode& value) {
      if (IsLeftOut(node, key, value)) return;
      Add(key);
      Add(value);
    });
  }

  const YamlDocument& document_;
  const YamlNode* owner_;
  const YamlNode* item_;
  std::string out_;
};

}  // namespace

bool IsEntry(const Migration& migration, const NewEntry& entry) {
  std::vector<MigrationId> depends_on;
  for (const Dependency& dependency : migration.depends_on) depends_on.push_back(dependency.id);
  std::vector<std::string> required;
  for (const Requirement& one : migration.required) required.push_back(one.database + "/" + one.id.str());
  const bool none = migration.up.kind == ScriptRef::Kind::kNone && migration.down.kind == ScriptRef::Kind::kNone;
  const std::string server = migration.requires_server ? migration.requires_server->text : std::string();
  return migration.id == entry.id && depends_on == entry.depends_on && migration.description == entry.description &&
         none == entry.without_scripts && migration.up_transaction != entry.without_transaction &&
         migration.down_transaction != entry.without_transaction && migration.replaces == entry.replaces &&
         migration.irreversible == entry.irreversible && required == entry.required && server == entry.requires_server;
}

namespace {

// Whether `text` says what the manifest says, and that there is one more migration at the end of the database's list.
bool AddsExactly(const std::string& text, const Manifest& manifest, const std::string& database,
                 const NewEntry& entry) {
  const LoadedManifest loaded = ParseManifest(manifest.file, text, [](std::string_view) { return std::nullopt; });
  if (!loaded.problems.empty()) return false;
  const DatabaseEntry* const changed = loaded.manifest.Find(database);
  if (changed == nullptr || changed->migrations.empty() || !IsEntry(changed->migrations.back(), entry)) return false;
  Problems ignored;
  const YamlDocument before = YamlDocument::Parse(manifest.text, ignored);
  const YamlDocument after = YamlDocument::Parse(text, ignored);
  const YamlNode* const new_owner = FindOwner(after, manifest, database);
  const Pair list = FindKey(after, *new_owner, "migrations");
  return Flattener(before, FindOwner(before, manifest, database), nullptr).Text() ==
         Flattener(after, new_owner, LastItem(*list.value)).Text();
}

}  // namespace

void CheckEntry(const Manifest& manifest, const std::string& database, const NewEntry& entry) {
  const DatabaseEntry* const target = manifest.Find(database);
  if (target == nullptr)
    throw Error(ErrorCode::kManifest, fmt::format("the manifest has no database '{}'", Printable(database)));
  for (const Migration& migration : target->migrations) {
    if (LowerCase(migration.id.str()) != LowerCase(entry.id.str())) continue;
    throw Error(ErrorCode::kManifest, fmt::format("the migration '{}' is declared already", migration.id.str()))
        .At(manifest.Location(migration.declared_at))
        .Hint("choose another name");
  }
  if (FindInvalidUtf8(entry.description) != std::string::npos) {
    throw Error(ErrorCode::kManifest, "the description is not UTF-8 text").Hint("write it in UTF-8");
  }
  if (HoldsControl(entry.description)) {
    throw Error(ErrorCode::kManifest, "the description holds a control character").Hint("write it without");
  }
}

std::string WithMigration(const Manifest& manifest, const std::string& database, const NewEntry& entry) {
  CheckEntry(manifest, database, entry);
  std::string text = Editor(manifest, database, entry).Result();
  if (AddsExactly(text, manifest, database, entry)) return text;
  throw Error(ErrorCode::kInternal,
              fmt::format("cannot add '{}' to the manifest: the result would mean something else", entry.id.str()))
      .At(manifest.Location({}))
      .Hint("write each migration on one line as '- {...}'");
}

std::string EmptyManifest(const std::string& project) {
  std::string name;
  for (const char c : project) name += IsMadeOf({&c, 1}, "_-.") ? c : '-';
  name = name.substr(0, 100);
  if (name.empty()) name = "default";
  if (IsNullWord(name) || name[0] == '-') name = DoubleQuoted(name);
  return fmt::format(
      R"(# The migrations of this project, for sqlmig. One migration is one line: 'sqlmig new NAME' adds it.
version: 1
project: {}

# Scripts are <directory>/<id>/up.sql and <directory>/<id>/down.sql.
directory: sql

# Where the database is. Without this line: --url, SQLMIG_DEFAULT_URL, SQLMIG_URL or DATABASE_URL.
# url: ${{DATABASE_URL}}

migrations: []
)",
      name);
}

}  // namespace sqlmig
