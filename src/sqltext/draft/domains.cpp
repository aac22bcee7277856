// CREATE DOMAIN and ALTER DOMAIN.
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"

namespace sqlmig::draft {
namespace {

std::string ConstraintFact(const std::string& name) {
  return "constraint " + name;
}

// As the server calls the first CHECK without a name.
std::string DomainCheckName(const WrittenName& domain, const PgQuery__Constraint& constraint) {
  return IsSet(constraint.conname) ? constraint.conname : domain.name + "_check";
}

}  // namespace

void Drafter::TakeNewDomain(PgQuery__CreateDomainStmt& statement) {
  TakeQualified(Space::kType, "DOMAIN", statement.domainname, statement.n_domainname);
  const WrittenName name = NameOf(statement.domainname, statement.n_domainname);
  SchemaObject* const domain = world_.Find(Space::kType, name.schema, name.name);
  if (domain == nullptr) return;
  domain->facts["default"] = "";
  domain->facts["not null"] = "";
  for (std::size_t i = 0; i < statement.n_constraints; ++i) {
    PgQuery__Constraint& constraint = *statement.constraints[i]->constraint;
    if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL) {
      domain->facts["not null"] = "yes";
    } else if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT) {
      domain->facts["default"] = ExpressionText(*constraint.raw_expr);
      if (domain->facts["default"].empty()) domain->facts.erase("default");
    } else if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) {
      const std::string own = DomainCheckName(name, constraint);
      // A second one without a name gets a number.
      domain->facts.try_emplace(ConstraintFact(own), ConstraintText(constraint, own, ""));
    }
  }
}

void Drafter::TakeDomain(PgQuery__AlterDomainStmt& statement) {
  const WrittenName name = NameOf(statement.type_name, statement.n_type_name);
  SchemaObject* const domain = world_.Find(Space::kType, name.schema, name.name);
  const std::string prefix = "ALTER DOMAIN " + name.Sql();
  const bool covered = Covered(domain);
  if (domain != nullptr && domain->definition) domain->definition.reset();
  // What was known of it, and what holds from now on.
  const auto exchange = [&](const std::string& key, std::string value) {
    const auto former = domain == nullptr ? std::nullopt : domain->Fact(key);
    if (domain != nullptr) domain->facts[key] = std::move(value);
    return former;
  };
  switch (IsSet(statement.subtype) ? *statement.subtype : ' ') {
    case 'N': {
      const auto former = exchange("not null", "");
      if (!covered && former != "") Undo(prefix + " SET NOT NULL");
      return;
    }
    case 'O': {
      const auto former = exchange("not null", "yes");
      if (!covered && former != "yes") Undo(prefix + " DROP NOT NULL");
      return;
    }
    case 'C':
      return TakeDomainConstraint(domain, name, *statement.def->constraint, covered);
    case 'X': {
      const auto former = exchange(ConstraintFact(statement.name), "");
      if (covered) return;
      if (former && !former->empty()) return UndoByFormer(prefix + " " + *former, nullptr);
      return Unfinished("the constraint's definition is not in the earlier up scripts");
    }
    case 'T': {
      const auto former = exchange("default", statement.def == nullptr ? "" : ExpressionText(*statement.def));
      if (covered) return;
      if (!former) {
        return Unfinished("the former default is not in the earlier up scripts", {prefix + " DROP DEFAULT"});
      }
      return Undo(prefix + (former->empty() ? " DROP DEFAULT" : " SET DEFAULT " + *former));
    }
    default:
      if (!covered) Note(fmt::format("A constraint of {} stays validated.", name.Sql()));
  }
}

void Drafter::TakeDomainConstraint(SchemaObject* domain, const WrittenName& name, PgQuery__Constraint& constraint,
                                   bool covered) {
  const std::string own = DomainCheckName(name, constraint);
  const bool named = IsSet(constraint.conname);
  if (domain != nullptr && named) domain->facts[ConstraintFact(own)] = ConstraintText(constraint, own, "");
  if (covered) return;
  const std::string undo = "ALTER DOMAIN " + name.Sql() + " DROP CONSTRAINT " + Quoted(own);
  named ? Undo(undo) : Unfinished("the server gives the constraint a name", {undo});
}

}  // namespace sqlmig::draft
