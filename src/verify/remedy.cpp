#include "verify/remedy.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "verify/one_owner.h"
#include "verify/remedy_kinds.h"
#include "verify/used_names.h"

namespace sqlmig {
namespace {

constexpr std::string_view kLabel = "security label of ";

bool LosesData(const CatalogObject& object) {
  if (IsListedForPrivileges(object)) return false;
  if (object.kind == "column") return object.parent.starts_with("table ");
  return object.kind == "table" || object.kind == "sequence" || object.kind == "attribute";
}

// What PUBLIC may do with a new object of this kind.
std::string BuiltIn(const CatalogObject& object, const std::string& grantee) {
  if (grantee != "PUBLIC") return {};
  if (object.kind == "default privileges") {
    if (!object.parent.empty()) return {};
    return object.name.ends_with(" on functions") ? "EXECUTE" : object.name.ends_with(" on types") ? "USAGE" : "";
  }
  if (object.kind == "function" || object.kind == "procedure") return "EXECUTE";
  if (object.kind == "aggregate") return "EXECUTE";
  return object.kind == "type" || object.kind == "domain" || object.kind == "language" ? "USAGE" : "";
}

// Parts of "for role a in schema b on tables".
struct DefaultPrivilegesName {
  std::string role;
  std::string schema;
  std::string objects;
};
DefaultPrivilegesName ParseDefaultPrivileges(const std::string& name) {
  constexpr std::string_view kFor = "for role ";
  constexpr std::string_view kIn = " in schema ";
  constexpr std::string_view kOn = " on ";
  const std::size_t on = name.rfind(kOn);
  const std::size_t in = name.find(kIn);
  DefaultPrivilegesName parsed;
  if (on == std::string::npos || !name.starts_with(kFor)) return parsed;
  parsed.role = name.substr(kFor.size(), std::min(in, on) - kFor.size());
  if (in < on) parsed.schema = name.substr(in + kIn.size(), on - in - kIn.size());
  parsed.objects = name.substr(on + kOn.size());
  std::transform(parsed.objects.begin(), parsed.objects.end(), parsed.objects.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return parsed;
}

// Name, arguments and result: what CREATE OR REPLACE cannot change.
std::string_view HeadOf(std::string_view function) {
  return function.substr(0, function.find("\n LANGUAGE "));
}

// "OPERATOR public.=== (integer, integer)".
std::string WithoutDrop(const CatalogObject& object) {
  constexpr std::string_view kDrop = "DROP ";
  return DropOfFunctions(object).substr(kDrop.size());
}

std::string NoteFor(const Difference& difference) {
  if (difference.kind == "user mapping") return "the values of its options are secrets, which are not read";
  if (difference.kind == "subscription") return "how it connects is a secret, which is not read";
  if (difference.what == "inherited") return "a column is inherited and nothing else only from when its table is made";
  if (difference.kind == "index" && difference.what == "parent") return "it goes with what it belongs to";
  if (difference.what == "partitioned by") return "the table would have to be made anew";
  if (difference.kind == "foreign table" && difference.what == "server") return "the table would have to be made anew";
  if (difference.what == "labels") return "labels of an enum can be added, and neither removed nor moved";
  if (difference.what == "column order") return "columns cannot be moved; the table would have to be made anew";
  if (difference.kind == "extension" && difference.what == "version") {
    return "ALTER EXTENSION ... UPDATE can do it where the server has a script for the way";
  }
  return {};
}

}  // namespace

Remedies::Remedies(const Snapshot& found, const Snapshot& wanted, std::string owner)
    : found_(found), wanted_(wanted), owner_(std::move(owner)) {
  const auto only_found = [&](const std::string& reference) {
    return found_.Find(reference) != nullptr && wanted_.Find(reference) == nullptr;
  };
  for (const CatalogObject& object : found.objects()) {
    if (object.kind != "function" || !only_found("function " + object.name)) continue;
    const UsedNames used(object.name);
    const bool rows = std::any_of(used.all().begin(), used.all().end(),
                                  [&](const std::string& name) { return only_found("table " + name); });
    if (rows) row_functions_.push_back(&object);
  }
}

std::string Remedies::Role(const std::string& name) const {
  return name == kOneOwner ? owner_ : name;
}

Remedy Remedies::For(const Difference& difference) const {
  const CatalogObject* const from = found_.Find(difference.kind, difference.object);
  const CatalogObject* const to = wanted_.Find(difference.kind, difference.object);
  Remedy remedy;
  Statements statements;
  if (difference.what != "object") {
    if (from != nullptr && to != nullptr) statements = Change(*from, *to, difference.what);
  } else if (to != nullptr && from == nullptr) {
    statements = Create(*to);
  } else if (from != nullptr && to == nullptr) {
    statements = Drop(*from);
    remedy.loses_data = statements.has_value() && LosesData(*from);
  }
  if (statements) remedy.statements = std::move(*statements);
  if (remedy.statements.empty()) remedy.note = NoteFor(difference);
  remedy.drops = LeadingDrops(from, remedy.statements);
  return remedy;
}

Remedies::Statements Remedies::Change(const CatalogObject& from, const CatalogObject& to,
                                      const std::string& what) const {
  if (auto any = ChangeAny(from, to, what)) return any;
  if (IsOfLineage(what)) return ChangeTableLineage(to);
  if (IsMadeOfFunctions(to)) return MakeAnew(from, to);
  if (auto foreign = ChangeForeign(from, to, what)) return foreign;
  if (to.kind == "publication") {
    return what == "all tables" ? MakeAnew(from, to) : ChangePublication(from, to, what);
  }
  if (what == "clustered") return ChangeClustered(to);
  if (what == "enabled") return ChangeEnabled(from, to);
  if (what == "definition") return ChangeDefinition(from, to);
  if (what == "identity" && PropertyOf(from, what).empty()) {
    return JustOne(
        fmt::format("ALTER TABLE {} ALTER COLUMN {} ADD {}", ParentName(to), ShortNameOf(to), IdentityDefinition(to)));
  }
  if (to.kind == "column" || to.kind == "attribute") return ChangeColumn(from, to, what);
  if (IsRelation(to.kind)) return ChangeTable(from, to, what);
  if (to.kind == "sequence") return ChangeSequence(from, to, what);
  if (to.kind == "index") return ChangeIndex(from, to, what);
  if (to.kind == "domain") return ChangeDomain(from, to, what);
  if (to.kind == "type" && what == "labels") return ChangeLabels(from, to);
  if (to.kind == "policy") {
    auto again = Extras(to);
    const auto definition = PolicyDefinition(to);
    if (!again || !definition) return std::nullopt;
    again->insert(again->begin(), {"DROP POLICY " + to.name, *definition});
    return again;
  }
  if (to.kind == "statistics object" && what == "statistics target") {
    const std::string& target = PropertyOf(to, what);
    return JustOne(fmt::format("ALTER STATISTICS {} SET STATISTICS {}", to.name, target.empty() ? "-1" : target));
  }
  if (to.kind == "extension" && what == "schema") {
    return JustOne(fmt::format("ALTER EXTENSION {} SET SCHEMA {}", to.name, PropertyOf(to, what)));
  }
  if (to.kind == "constraint" && what == "valid" && PropertyOf(to, what).empty()) {
    return JustOne(fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", ParentName(to), ShortNameOf(to)));
  }
  return std::nullopt;
}

Remedies::Statements Remedies::ChangeAny(const CatalogObject& from, const CatalogObject& to,
                                         const std::string& what) const {
  const std::string& after = PropertyOf(to, what);
  if (what == "comment") {
    const auto target = IsMadeOfFunctions(to) ? std::optional(WithoutDrop(to)) : CommentTarget(to);
    if (!target) return std::nullopt;
    return JustOne(fmt::format("COMMENT ON {} IS {}", *target, after.empty() ? "NULL" : QuoteLiteral(after)));
  }
  if (what == "owner") {
    const auto target = IsMadeOfFunctions(to) ? std::optional(WithoutDrop(to)) : OwnerTarget(to);
    if (!target || after.empty()) return std::nullopt;
    return JustOne(fmt::format("ALTER {} OWNER TO {}", *target, Role(after)));
  }
  if (what.starts_with(kLabel)) {
    const auto target = CommentTarget(to);
    if (!target) return std::nullopt;
    return JustOne(fmt::format("SECURITY LABEL FOR {} ON {} IS {}", QuoteIdentifier(what.substr(kLabel.size())),
                               *target, after.empty() ? "NULL" : QuoteLiteral(after)));
  }
  return what.starts_with(kPrivilegesOf) ? ChangePrivileges(from, to, what) : std::nullopt;
}

Remedies::Statements Remedies::ChangePrivileges(const CatalogObject& from, const CatalogObject& to,
                                                const std::string& what) const {
  PrivilegeChange change;
  change.grantee = what.substr(kPrivilegesOf.size());
  if (change.grantee.find(" granted by ") != std::string::npos) return std::nullopt;
  change.from = PropertyOf(from, what);
  change.to = PropertyOf(to, what);
  const bool by_default = change.from.empty() || change.to.empty();
  // What is built in there, the server's version decides, or whose object it is.
  if (by_default && (to.name == "public" || change.grantee == PropertyOf(to, "owner"))) return std::nullopt;
  change.built_in = BuiltIn(to, change.grantee);
  change.grantee = Role(change.grantee);
  if (to.kind == "default privileges") {
    const DefaultPrivilegesName name = ParseDefaultPrivileges(to.name);
    if (name.role.empty()) return std::nullopt;
    change.prefix = "ALTER DEFAULT PRIVILEGES FOR ROLE " + Role(name.role) +
                    (name.schema.empty() ? " " : " IN SCHEMA " + name.schema + " ");
    change.target = name.objects;
    return ChangePrivilege(change);
  }
  const auto target = GrantTarget(to);
  if (!target) return std::nullopt;
  change.target = *target;
  if (to.kind == "column") change.column = ShortNameOf(to);
  return ChangePrivilege(change);
}

bool Remedies::HasSameColumns(const CatalogObject& from, const CatalogObject& to) const {
  const auto same = [](const CatalogObject* a, const CatalogObject* b) {
    return a->kind == b->kind && a->name == b->name && PropertyOf(*a, "type") == PropertyOf(*b, "type") &&
           PropertyOf(*a, "collation") == PropertyOf(*b, "collation");
  };
  const auto columns = [](std::vector<const CatalogObject*> children) {
    std::erase_if(children, [](const CatalogObject* child) { return child->kind != "column"; });
    return children;
  };
  const auto before = columns(found_.ChildrenOf(from));
  const auto after = columns(wanted_.ChildrenOf(to));
  return std::equal(before.begin(), before.end(), after.begin(), after.end(), same);
}

Remedies::Statements Remedies::ChangeDefinition(const CatalogObject& from, const CatalogObject& to) const {
  const std::string after = WithoutEnd(PropertyOf(to, "definition"));
  if (to.kind == "function" || to.kind == "procedure") {
    if (HeadOf(PropertyOf(from, "definition")) != HeadOf(PropertyOf(to, "definition"))) return std::nullopt;
    return JustOne(after);
  }
  if (to.kind == "view") {
    if (!HasSameColumns(from, to)) return std::nullopt;
    const std::string& options = PropertyOf(from, "options");
    // CREATE OR REPLACE takes back what it does not say.
    if (!options.empty() && !ParseOptions(options)) return std::nullopt;
    return JustOne(fmt::format("CREATE OR REPLACE VIEW {}{} AS\n{}", to.name,
                               options.empty() ? "" : " WITH (" + options + ")", after));
  }
  // All others are dropped and made anew; what else is said of them goes with them.
  const bool alone = to.kind == "constraint" || to.kind == "domain constraint" || to.kind == "trigger" ||
                     to.kind == "rule" || to.kind == "statistics object" ||
                     (to.kind == "index" && !to.parent.starts_with("constraint "));
  if (!alone || !PropertyOf(to, "inherited from").empty()) return std::nullopt;
  return MakeAnew(from, to);
}

Remedies::Statements Remedies::MakeAnew(const CatalogObject& from, const CatalogObject& to) const {
  Statements drop = Drop(from);
  const Statements create = Create(to);
  if (!drop || !create) return std::nullopt;
  drop->insert(drop->end(), create->begin(), create->end());
  return drop;
}

}  // namespace sqlmig
