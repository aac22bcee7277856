// CREATE SEQUENCE and ALTER SEQUENCE.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"

namespace sqlmig::draft {
namespace {

std::string_view SequenceOptionKey(const PgQuery__DefElem& option) {
  return IsSet(option.defname) ? std::string_view(option.defname) : std::string_view();
}

// An option as a statement says it; empty: it is none that a former value is kept of.
std::string SequenceOptionText(const PgQuery__DefElem& option) {
  const std::string_view key = SequenceOptionKey(option);
  const std::string value = OptionValue(option.arg);
  if (key == "minvalue") return option.arg == nullptr ? "NO MINVALUE" : "MINVALUE " + value;
  if (key == "maxvalue") return option.arg == nullptr ? "NO MAXVALUE" : "MAXVALUE " + value;
  if (key == "cycle" && option.arg != nullptr && option.arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN) {
    return option.arg->boolean->boolval != 0 ? "CYCLE" : "NO CYCLE";
  }
  if (value.empty()) return {};
  if (key == "increment") return "INCREMENT BY " + value;
  if (key == "start") return "START WITH " + value;
  return key == "cache" ? "CACHE " + value : "";
}

std::string SequenceFact(std::string_view key) {
  return "option " + std::string(key);
}

// The owner's column, with what names its table.
std::string OwnerText(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return "NONE";
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ".") + Quoted(part);
  return text;
}

}  // namespace

void Drafter::TakeSequence(PgQuery__CreateSeqStmt& statement) {
  NewObject what{Space::kRelation, "SEQUENCE", NameOf(*statement.sequence)};
  what.if_not_exists = statement.if_not_exists;
  what.temporary = std::string_view(statement.sequence->relpersistence) == "t";
  SchemaObject& sequence = Create(what);
  auto& facts = sequence.facts;
  if (!sequence.certain) return;
  facts["owned by"] = "NONE";
  for (const auto& [key, text] :
       {std::pair("increment", "INCREMENT BY 1"), std::pair("minvalue", "NO MINVALUE"),
        std::pair("maxvalue", "NO MAXVALUE"), std::pair("cache", "CACHE 1"), std::pair("cycle", "NO CYCLE")}) {
    facts[SequenceFact(key)] = text;
  }
  for (std::size_t i = 0; i < statement.n_options; ++i) {
    const PgQuery__DefElem& option = *statement.options[i]->def_elem;
    if (const std::string text = SequenceOptionText(option); !text.empty()) {
      facts[SequenceFact(SequenceOptionKey(option))] = text;
    }
    if (SequenceOptionKey(option) != "owned_by" || option.arg == nullptr) continue;
    const std::vector<std::string> parts = NamesOf(option.arg->list->items, option.arg->list->n_items);
    if (parts.size() < 2) continue;
    facts["owned by"] = OwnerText(parts);
    const WrittenName table = NameOf(std::vector<std::string>(parts.begin(), parts.end() - 1));
    // It goes with its table.
    const bool last = !items_.empty() && items_.back().drops == &sequence;
    if (last && MadeHere(world_.Find(Space::kRelation, table.schema, table.name))) items_.pop_back();
  }
  // Where it begins when nothing is said.
  const bool ascends = facts[SequenceFact("increment")].find('-') == std::string::npos;
  if (ascends && facts[SequenceFact("minvalue")] == "NO MINVALUE") {
    facts.try_emplace(SequenceFact("start"), "START WITH 1");
  }
}

void Drafter::TakeSequenceChange(PgQuery__AlterSeqStmt& statement) {
  SchemaObject* const sequence = ResolveRelation(statement.sequence);
  const std::string name = NameOf(*statement.sequence).Sql();
  std::string back;
  bool others = false;
  bool known = true;
  for (std::size_t i = 0; i < statement.n_options; ++i) {
    const PgQuery__DefElem& option = *statement.options[i]->def_elem;
    const std::string_view key = SequenceOptionKey(option);
    if (key == "owned_by" && option.arg != nullptr) {
      TakeSequenceOwner(sequence, name, NamesOf(option.arg->list->items, option.arg->list->n_items));
      continue;
    }
    others = true;
    const std::string text = SequenceOptionText(option);
    const auto former = sequence == nullptr || text.empty() ? std::nullopt : sequence->Fact(SequenceFact(key));
    if (sequence != nullptr && !text.empty()) sequence->facts[SequenceFact(key)] = text;
    known = known && former.has_value();
    if (former && *former != text) back += " " + *former;
  }
  if (!others || Covered(sequence)) return;
  Touch(sequence);
  if (!known) return Unfinished("the former settings of the sequence are not known");
  if (!back.empty()) Undo("ALTER SEQUENCE " + name + back);
}

void Drafter::TakeSequenceOwner(SchemaObject* sequence, const std::string& name, std::vector<std::string> parts) {
  const std::string owner = OwnerText(parts);
  SchemaObject* table = nullptr;
  if (parts.size() > 1) {
    parts.pop_back();
    table = world_.Find(Space::kRelation, NameOf(parts).schema, NameOf(parts).name);
  }
  const auto former = sequence == nullptr ? std::nullopt : sequence->Fact("owned by");
  if (sequence != nullptr) sequence->facts["owned by"] = owner;
  if (MadeHere(sequence)) {
    // It goes with the table now.
    const auto item =
        std::find_if(items_.begin(), items_.end(), [&](const UndoItem& one) { return one.drops == sequence; });
    if (table != nullptr && MadeHere(table) && item != items_.end()) items_.erase(item);
    return;
  }
  const std::string undo = "ALTER SEQUENCE " + name + " OWNED BY ";
  if (!former) return Unfinished("the former owner is not in the earlier up scripts", {undo + "NONE"});
  if (*former != owner) UndoByFormer(undo + *former, sequence);
}

}  // namespace sqlmig::draft
