// GRANT and REVOKE, memberships, and what publications hold.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"

namespace sqlmig::draft {
namespace {

// Privileges in capitals, as people write them; the printer has them as the tree does.
std::optional<std::string> GrantText(PgQuery__Node& node) {
  static const std::set<std::string_view> privileges = {"select",     "insert",  "update",  "delete", "truncate",
                                                        "references", "trigger", "usage",   "create", "connect",
                                                        "temporary",  "temp",    "execute", "set"};
  auto text = TextOf(node);
  if (!text) return text;
  const std::size_t end = text->find(" ON ");
  int depth = 0;
  for (std::size_t at = 0; at < std::min(end, text->size());) {
    depth += (*text)[at] == '(' ? 1 : (*text)[at] == ')' ? -1 : 0;
    std::size_t behind = at;
    while (behind < end && (*text)[behind] >= 'a' && (*text)[behind] <= 'z') ++behind;
    if (depth == 0 && privileges.count(std::string_view(*text).substr(at, behind - at)) != 0) {
      for (std::size_t i = at; i < behind; ++i) (*text)[i] = static_cast<char>((*text)[i] - 'a' + 'A');
    }
    at = behind == at ? at + 1 : behind;
  }
  return text;
}

}  // namespace

void Drafter::TakeGrant(PgQuery__Node& node, PgQuery__GrantStmt& grant) {
  const bool defaults = node.node_case == PG_QUERY__NODE__NODE_ALTER_DEFAULT_PRIVILEGES_STMT;
  std::vector<SchemaObject*> objects;
  for (std::size_t i = 0; !defaults && i < grant.n_objects; ++i) {
    PgQuery__Node* const object = grant.objects[i];
    objects.push_back(object->node_case == PG_QUERY__NODE__NODE_RANGE_VAR ? ResolveRelation(object->range_var)
                      : grant.targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_ALL_IN_SCHEMA
                          ? Resolve(PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA, object)
                          : Resolve(grant.objtype, object));
  }
  if (objects.size() == 1)
    Belongs(objects.front());
  else
    for (SchemaObject* const object : objects) Touch(object);

  // What was granted before on these objects, to whom, in order.
  std::string grantees;
  for (std::size_t i = 0; i < grant.n_grantees; ++i) grantees += RoleText(*grant.grantees[i]->role_spec) + ",";
  const std::string key = "granted to " + grantees;
  const bool in_schema = grant.targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_ALL_IN_SCHEMA;
  SchemaObject* const only = objects.size() == 1 && !in_schema ? objects.front() : nullptr;
  const std::string former = only == nullptr ? "" : only->Fact(key).value_or("");
  const std::string here = GrantText(node).value_or(Text()) + ";\n";
  if (only != nullptr) only->facts[key] = former + here;

  const bool covered = !objects.empty() && std::all_of(objects.begin(), objects.end(), [&](const SchemaObject* object) {
    return Covered(object, Refers::kNo);
  });
  if (covered) return;
  const bool all = grant.n_privileges == 0;
  const bool is_public = grantees.find("PUBLIC") != std::string::npos;
  if (!grant.is_grant && former.empty() &&
      (all || (is_public && grant.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA))) {
    return Unfinished("which privileges there were is not in the earlier up scripts");
  }
  const bool with_option = former.find("GRANT OPTION") != std::string::npos;
  if (!grant.is_grant && !former.empty() && (all || with_option)) return Undo(former.substr(0, former.size() - 2));

  const bool granted = grant.is_grant != 0;
  const bool option = grant.grant_option != 0;
  const auto behavior = grant.behavior;
  grant.is_grant = granted ? 0 : 1;
  if (granted) grant.grant_option = 0;
  grant.behavior = PG_QUERY__DROP_BEHAVIOR__DROP_RESTRICT;
  const auto sql = GrantText(node);
  grant.is_grant = granted ? 1 : 0;
  grant.grant_option = option ? 1 : 0;
  grant.behavior = behavior;
  if (!sql) return Unfinished("no inverse of such a statement is known");
  Undo(*sql + (former.empty() || !granted ? "" : ";\n" + former.substr(0, former.size() - 2)));
}

void Drafter::TakeRoleGrant(PgQuery__Node& node) {
  PgQuery__GrantRoleStmt& grant = *node.grant_role_stmt;
  bool covered = true;
  for (std::size_t i = 0; i < grant.n_granted_roles; ++i) {
    const char* const name = grant.granted_roles[i]->access_priv->priv_name;
    covered = covered && MadeHere(world_.Find(Space::kOther, "", std::string("ROLE ") + (name == nullptr ? "" : name)));
  }
  bool members = true;
  for (std::size_t i = 0; i < grant.n_grantee_roles; ++i) {
    members =
        members && MadeHere(world_.Find(Space::kOther, "", "ROLE " + RoleText(*grant.grantee_roles[i]->role_spec)));
  }
  if (covered || members) return;
  const bool granted = grant.is_grant != 0;
  const bool admin = grant.admin_opt != 0;
  grant.is_grant = granted ? 0 : 1;
  if (granted) grant.admin_opt = 0;
  const auto sql = TextOf(node);
  grant.is_grant = granted ? 1 : 0;
  grant.admin_opt = admin ? 1 : 0;
  if (sql)
    Undo(*sql);
  else
    Unfinished("no inverse of such a statement is known");
}

void Drafter::TakePublicationChange(PgQuery__Node& node) {
  PgQuery__AlterPublicationStmt& statement = *node.alter_publication_stmt;
  SchemaObject* const publication = world_.Find(Space::kOther, "", std::string("PUBLICATION ") + statement.pubname);
  Belongs(publication);
  if (Covered(publication)) return;
  if (statement.action != PG_QUERY__ALTER_PUBLICATION_ACTION__AP_AddObjects || statement.n_options > 0) {
    return Unfinished("what the publication was before is not known");
  }
  std::string names;
  for (std::size_t i = 0; i < statement.n_pubobjects; ++i) {
    const PgQuery__PublicationObjSpec& object = *statement.pubobjects[i]->publication_obj_spec;
    names += names.empty() ? "" : ", ";
    if (object.pubtable != nullptr)
      names += "TABLE " + NameOf(*object.pubtable->relation).Sql();
    else if (object.name != nullptr && *object.name != '\0')
      names += "TABLES IN SCHEMA " + Quoted(object.name);
    else
      return Unfinished("what the publication was before is not known");
  }
  Undo(fmt::format("ALTER PUBLICATION {} DROP {}", Quoted(statement.pubname), names));
}

}  // namespace sqlmig::draft
