// What scripts say about the objects of a database, in the order in which they are run: who made each, as what, and
// what is known of its properties.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sqlmig::draft {

// Names that cannot be equal within one of these are different objects.
enum class Space { kRelation, kType, kRoutine, kColumn, kConstraint, kTrigger, kRule, kPolicy, kOther };

struct SchemaObject {
  Space space = Space::kOther;
  std::string kind;  // as DROP calls it: TABLE, MATERIALIZED VIEW, ...
  // As the server stores them; no schema for what is in none. kOther: `name` begins with the kind.
  std::string schema;
  std::string name;
  std::string arguments;  // of a routine, for instance "(int, text)"; or " USING btree"
  std::string written;    // name as SQL, with the schema when the script wrote one
  SchemaObject* parent = nullptr;
  std::size_t script = 0;
  std::size_t order = 0;  // over all objects
  bool certain = true;    // false: it may have been there before (IF NOT EXISTS, OR REPLACE)
  bool temporary = false;
  bool gone = false;
  std::optional<std::string> definition;  // the statement that makes it as it is but for `story`
  std::vector<std::string> story;         // what has to run after `definition`, in order
  // Properties that are known: "" is the one an object has when nothing is said of it.
  std::map<std::string, std::string> facts;

  std::optional<std::string> Fact(const std::string& key) const;
  // The statement that drops it.
  std::string DropText() const;
  SchemaObject& Root() { return parent == nullptr ? *this : parent->Root(); }
  bool IsWithin(const SchemaObject& other) const { return this == &other || (parent && parent->IsWithin(other)); }
};

// The names that may stand in a text: MentionsName for many names in one.
class MentionedNames {
 public:
  // `text` outlives this.
  explicit MentionedNames(std::string_view text);

  // Whether the object's own name is among them.
  bool Has(const SchemaObject& object) const;

 private:
  std::string_view text_;
  std::unordered_set<std::string> words_;  // ASCII letters in lower case
};

class World {
 public:
  // Objects are never freed before the world is. `schema` empty: the default one.
  SchemaObject* Find(Space space, const std::string& schema, const std::string& name,
                     const SchemaObject* parent = nullptr) const;
  // The only routine of that name, whatever its arguments.
  SchemaObject* FindRoutine(const std::string& schema, const std::string& name) const;
  // Replaces one of the same name, which is then gone.
  SchemaObject& Add(SchemaObject object);
  void Rename(SchemaObject& object, const std::string& schema, const std::string& name);
  void Remove(SchemaObject& object);
  // What was known of it is no longer sure.
  static void Forget(SchemaObject& object);
  // The same of every object whose name stands in a text that may do anything.
  void ForgetMentioned(const MentionedNames& names);

  const std::vector<std::unique_ptr<SchemaObject>>& objects() const { return objects_; }
  std::vector<SchemaObject*> ChildrenOf(const SchemaObject& parent, Space space) const;

  std::string default_schema = "public";

 private:
  std::string KeyOf(Space space, const std::string& schema, const std::string& name, const SchemaObject* parent) const;

  std::vector<std::unique_ptr<SchemaObject>> objects_;
  std::unordered_map<std::string, SchemaObject*> by_key_;
};

}  // namespace sqlmig::draft
