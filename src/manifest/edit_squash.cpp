#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "manifest/edit.h"
#include "manifest/edit_nodes.h"
#include "manifest/text_lines.h"
#include "manifest/yaml_document.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// The document's values without the nodes in `left_out`, and with other text for those in `renamed`.
class Flattener {
 public:
  Flattener(const YamlDocument& document, const std::set<const YamlNode*>& left_out,
            const std::map<const YamlNode*, std::string>& renamed)
      : document_(document), left_out_(left_out), renamed_(renamed) {}

  std::string Text() {
    if (document_.root() != nullptr) Add(*document_.root());
    return std::move(out_);
  }

 private:
  void Add(const YamlNode& node) {
    if (left_out_.contains(&node)) return;
    out_ += static_cast<char>('0' + static_cast<int>(node.kind));
    if (node.kind == NodeKind::kScalar) {
      const auto renamed = renamed_.find(&node);
      out_.append(renamed == renamed_.end() ? document_.Text(node) : std::string_view(renamed->second)).append(1, '\0');
    }
    if (node.kind == NodeKind::kSequence) ForEachItem(node, [&](const YamlNode& item) { Add(item); });
    if (node.kind == NodeKind::kMap) {
      ForEachPair(node, [&](const YamlNode& key, const YamlNode& value) {
        Add(key);
        Add(value);
      });
    }
    out_ += ';';
  }

  const YamlDocument& document_;
  const std::set<const YamlNode*>& left_out_;
  const std::map<const YamlNode*, std::string>& renamed_;
  std::string out_;
};

class SquashEditor {
 public:
  SquashEditor(const Manifest& manifest, const std::string& database, const NewEntry& entry)
      : manifest_(manifest),
        database_(database),
        entry_(entry),
        text_(manifest.text),
        lines_(text_),
        document_(YamlDocument::Parse(text_, ignored_)) {
    for (const MigrationId& id : entry.replaces) replaced_.insert(id.str());
  }

  std::string Result() {
    FindEntries();
    for (const DatabaseEntry& other : manifest_.databases) RenameInDatabase(other);
    RenameInTags();
    std::string text = text_;
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
      text.replace(change->first, change->second.first, change->second.second);
    }
    if (MeansTheSame(text)) return text;
    throw Error(ErrorCode::kInternal, fmt::format("cannot put '{}' into the manifest: the result would mean something "
                                                  "else",
                                                  entry_.id.str()))
        .At(manifest_.Location({}))
        .Hint("write each migration on one line as '- {...}'");
  }

 private:
  Error Refusal(const YamlNode& node, std::string message, std::string hint) const {
    const TextPosition at = document_.At(node);
    return Error(ErrorCode::kManifest, std::move(message))
        .At(manifest_.Location(at))
        .Excerpt(ExcerptAt(text_, at))
        .Hint(std::move(hint));
  }

  bool IsReplaced(std::string_view id) const { return replaced_.find(id) != replaced_.end(); }

  void FindEntries() {
    const YamlNode& owner = *FindOwner(document_, manifest_, database_);
    const YamlNode& list = *FindKey(document_, owner, "migrations").value;
    ForEachItem(list, [&](const YamlNode& item) {
      if (!IsReplaced(document_.Text(*FindKey(document_, item, "id").value))) return;
      TakeOut(list, item);
    });
  }

  // The lines of one entry, which must be its own.
  void TakeOut(const YamlNode& list, const YamlNode& item) {
    std::string_view before = lines_.Before(item.offset);
    const std::size_t dash = std::min(before.find('-'), before.size());
    const bool own =
        !list.flow && dash < before.size() && IsBlank(before.substr(0, dash)) && IsBlank(before.substr(dash + 1));
    if (!own) {
      throw Refusal(item, "this entry is not on lines of its own, so it cannot be taken out",
                    "write each migration below 'migrations:' on one line as '- {...}'");
    }
    const std::size_t begin = lines_.LineStart(item.offset);
    const std::size_t end = lines_.SkipIndented(lines_.LineEnd(lines_.LastToken(item)), dash + 1);
    std::string line;
    if (left_out_.empty()) line = fmt::format("{}- {}{}", before.substr(0, dash), EntryText(entry_), LineBreak(end));
    left_out_.insert(&item);
    changes_[begin] = {end - begin, std::move(line)};
  }

  std::string LineBreak(std::size_t offset) const {
    const bool unfinished = offset == text_.size() && (offset == 0 || text_[offset - 1] != '\n');
    return unfinished ? std::string() : lines_.LineBreak(offset);
  }

  void RenameInDatabase(const DatabaseEntry& other) {
    const YamlNode* const owner = FindOwner(document_, manifest_, other.name);
    const Pair list = owner == nullptr ? Pair{} : FindKey(document_, *owner, "migrations");
    if (list.key == nullptr) return;
    ForEachItem(*list.value, [&](const YamlNode& item) {
      if (left_out_.contains(&item)) return;
      other.name == database_ ? RenameDependencies(item) : RenameRequirements(item);
    });
  }

  void RenameDependencies(const YamlNode& item) {
    const Pair list = FindKey(document_, item, "depends_on");
    if (list.key == nullptr) return;
    ForEachItem(*list.value, [&](const YamlNode& id) {
      if (!IsReplaced(document_.Text(id))) return;
      if (document_.Text(id) != entry_.replaces.back().str()) {
        throw Refusal(id, fmt::format("'{}' is inside what is to be squashed", document_.Text(id)),
                      "only what depends on the last of them can depend on the squash");
      }
      Rename(id, entry_.id.str());
    });
  }

  void RenameRequirements(const YamlNode& item) {
    const Pair list = FindKey(document_, item, "requires");
    if (list.key == nullptr) return;
    bool renamed = false;
    const std::string prefix = database_ + "/";
    ForEachItem(*list.value, [&](const YamlNode& required) {
      const std::string_view text = document_.Text(required);
      if (!text.starts_with(prefix) || !IsReplaced(text.substr(prefix.size()))) return;
      if (renamed) {
        throw Refusal(required, fmt::format("'requires' lists two migrations that '{}' replaces", entry_.id.str()),
                      "leave one of them: the squash brings both");
      }
      renamed = true;
      Rename(required, prefix + entry_.id.str());
    });
  }

  void RenameInTags() {
    const Pair tags = FindKey(document_, *document_.root(), "tags");
    if (tags.key == nullptr || tags.value->kind != NodeKind::kMap) return;
    ForEachPair(*tags.value, [&](const YamlNode& tag, const YamlNode& ids) {
      ForEachItem(ids, [&](const YamlNode& id) { RenameInTag(tag, id); });
    });
  }

  void RenameInTag(const YamlNode& tag, const YamlNode& id) {
    const std::string_view text = document_.Text(id);
    if (!IsReplaced(text)) return;
    const std::string name(document_.Text(tag));
    if (text != entry_.replaces.back().str()) {
      throw Refusal(id, fmt::format("tag '{}' names '{}', a state that is gone with the squash", name, text),
                    "squash up to there only, or remove the tag");
    }
    for (const DatabaseEntry& other : manifest_.databases) {
      const auto has = [&](const Migration& migration) { return migration.id.str() == text; };
      if (other.name == database_ || std::none_of(other.migrations.begin(), other.migrations.end(), has)) continue;
      throw Refusal(id, fmt::format("tag '{}' names '{}' of two databases", name, text),
                    "rename the migration in one of them, or remove the tag");
    }
    Rename(id, entry_.id.str());
  }

  // In its own quotes, if it has some.
  void Rename(const YamlNode& node, const std::string& to) {
    const std::string_view old = document_.Text(node);
    const std::string_view source = document_.Source(node);
    const bool quoted = source[0] == '"' || source[0] == '\'';
    if (source.substr(quoted ? 1 : 0, old.size()) != old) {
      throw Refusal(node, fmt::format("'{}' is written in a way that cannot be changed", old),
                    "write the id without escapes, on one line");
    }
    changes_[node.offset + (quoted ? 1 : 0)] = {old.size(), to};
    renamed_[&node] = to;
  }

  // Whether `text` says what the manifest says, but for the entry in place of those that it replaces.
  bool MeansTheSame(const std::string& text) const {
    const LoadedManifest loaded = ParseManifest(manifest_.file, text, [](std::string_view) { return std::nullopt; });
    if (!loaded.problems.empty()) return false;
    const DatabaseEntry* const changed = loaded.manifest.Find(database_);
    if (changed == nullptr) return false;
    const auto is_entry = [&](const Migration& migration) { return IsEntry(migration, entry_); };
    if (std::count_if(changed->migrations.begin(), changed->migrations.end(), is_entry) != 1) return false;
    Problems ignored;
    const YamlDocument after = YamlDocument::Parse(text, ignored);
    const YamlNode& owner = *FindOwner(after, loaded.manifest, database_);
    std::set<const YamlNode*> added;
    ForEachItem(*FindKey(after, owner, "migrations").value, [&](const YamlNode& item) {
      if (after.Text(*FindKey(after, item, "id").value) == entry_.id.str()) added.insert(&item);
    });
    return Flattener(document_, left_out_, renamed_).Text() == Flattener(after, added, {}).Text();
  }

  const Manifest& manifest_;
  const std::string& database_;
  const NewEntry& entry_;
  const std::string& text_;
  TextLines lines_;
  Problems ignored_;
  YamlDocument document_;
  std::set<std::string, std::less<>> replaced_;
  std::set<const YamlNode*> left_out_;
  std::map<const YamlNode*, std::string> renamed_;
  std::map<std::size_t, std::pair<std::size_t, std::string>> changes_;  // by offset: how many bytes, and what instead
};

}  // namespace

std::string WithSquash(const Manifest& manifest, const std::string& database, const NewEntry& entry) {
  CheckEntry(manifest, database, entry);
  return SquashEditor(manifest, database, entry).Result();
}

}  // namespace sqlmig
