#include "sqltext/draft/world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/lexer.h"
#include "sqltext/script.h"

namespace sqlmig::draft {
namespace {

bool IsNamePart(char c) {
  return (c >= '0' && c <= '9') || (LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::optional<std::string> SchemaObject::Fact(const std::string& key) const {
  const auto found = facts.find(key);
  if (found == facts.end()) return std::nullopt;
  return found->second;
}

std::string SchemaObject::DropText() const {
  std::string text = fmt::format("DROP {} {}{}", kind, written, arguments);
  if (space == Space::kTrigger || space == Space::kRule || space == Space::kPolicy) text += " ON " + parent->written;
  return text;
}

MentionedNames::MentionedNames(std::string_view text) : text_(text) {
  std::string word;
  for (const char c : text) {
    if (IsNamePart(c)) {
      word += LowerAscii(c);
    } else if (!word.empty()) {
      words_.insert(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words_.insert(word);
}

bool MentionedNames::Has(const SchemaObject& object) const {
  std::string name = object.name.substr(0, object.space == Space::kRoutine ? object.name.find('(') : std::string::npos);
  if (object.space == Space::kOther) name = name.substr(std::min(object.kind.size() + 1, name.size()));
  if (!std::all_of(name.begin(), name.end(), IsNamePart)) return MentionsName(text_, name);
  std::transform(name.begin(), name.end(), name.begin(), LowerAscii);
  return words_.count(name) != 0;
}

std::string World::KeyOf(Space space, const std::string& schema, const std::string& name,
                         const SchemaObject* parent) const {
  const bool has_schema = space == Space::kRelation || space == Space::kType || space == Space::kRoutine;
  const std::string where = !has_schema ? std::string() : schema.empty() ? default_schema : schema;
  const bool has_parent = !has_schema && space != Space::kOther;
  const std::size_t within = has_parent && parent != nullptr ? parent->order + 1 : 0;
  return fmt::format("{}\n{}\n{}\n{}", static_cast<int>(space), within, where, name);
}

SchemaObject* World::Find(Space space, const std::string& schema, const std::string& name,
                          const SchemaObject* parent) const {
  const auto found = by_key_.find(KeyOf(space, schema, name, parent));
  return found == by_key_.end() ? nullptr : found->second;
}

SchemaObject* World::FindRoutine(const std::string& schema, const std::string& name) const {
  SchemaObject* only = nullptr;
  const std::string where = schema.empty() ? default_schema : schema;
  for (const auto& object : objects_) {
    if (object->space != Space::kRoutine || object->gone || object->schema != where) continue;
    if (object->name.substr(0, object->name.find('(')) != name) continue;
    if (only != nullptr) return nullptr;
    only = object.get();
  }
  return only;
}

SchemaObject& World::Add(SchemaObject object) {
  if (SchemaObject* const former = Find(object.space, object.schema, object.name, object.parent)) Remove(*former);
  object.order = objects_.size();
  if (object.schema.empty()) object.schema = default_schema;
  objects_.push_back(std::make_unique<SchemaObject>(std::move(object)));
  SchemaObject& added = *objects_.back();
  by_key_[KeyOf(added.space, added.schema, added.name, added.parent)] = &added;
  return added;
}

void World::Rename(SchemaObject& object, const std::string& schema, const std::string& name) {
  by_key_.erase(KeyOf(object.space, object.schema, object.name, object.parent));
  object.schema = schema;
  object.name = name;
  by_key_[KeyOf(object.space, object.schema, object.name, object.parent)] = &object;
}

void World::Remove(SchemaObject& object) {
  object.gone = true;
  const auto found = by_key_.find(KeyOf(object.space, object.schema, object.name, object.parent));
  if (found != by_key_.end() && found->second == &object) by_key_.erase(found);
}

void World::Forget(SchemaObject& object) {
  object.definition.reset();
  object.facts.clear();
}

void World::ForgetMentioned(const MentionedNames& names) {
  for (const auto& object : objects_) {
    if (object->gone || !names.Has(*object)) continue;
    Forget(*object);
    Forget(object->Root());
  }
}

std::vector<SchemaObject*> World::ChildrenOf(const SchemaObject& parent, Space space) const {
  std::vector<SchemaObject*> children;
  for (const auto& object : objects_) {
    if (object->parent == &parent && object->space == space && !object->gone) children.push_back(object.get());
  }
  return children;
}

}  // namespace sqlmig::draft
