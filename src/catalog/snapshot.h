// One database's schema as a value: equal for databases that are equal for applications.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pg/connection.h"

namespace sqlmig {

// One thing of a schema, as plain text: what it is, how it is named in SQL, what it is like.
struct CatalogObject {
  std::string kind;  // "table", "column", "constraint", "index", "function", ...
  std::string name;  // as SQL needs it: public.users, public.users.email, public.f(integer), users_pkey on public.users
  std::string parent;  // "table public.users" of a column, constraint, index, trigger, ...; empty: none
  // "type" -> "text", "position" -> "3", "comment" -> "..."; one that is at its default is left out.
  std::map<std::string, std::string> properties;

  bool operator==(const CatalogObject&) const = default;
};

// Of a table or of a composite type.
inline bool IsColumn(const CatalogObject& object) {
  return object.kind == "column" || object.kind == "attribute";
}

// How the names of properties begin that tell who may do what: "privileges of app" -> "INSERT, SELECT".
inline constexpr std::string_view kPrivilegesOf = "privileges of ";

// Nothing in it depends on oids, on the order in which things were made (but that of columns and of enum labels), on
// dropped columns, on statistics or on what is stored. Members of extensions are not in it, only the extensions, and
// with an extension as parent who was granted what on a member;
// temporary objects are not, nor is what belongs to the whole server (roles, tablespaces), nor the contents of tables.
// Passwords are not: of user mappings only the options' names are read, of subscriptions not the connection.
class Snapshot {
 public:
  Snapshot() : Snapshot(std::vector<CatalogObject>()) {}
  // In any order. REQUIRES: no two of the same kind and name.
  explicit Snapshot(std::vector<CatalogObject> objects);

  // Ordered by (kind, name), byte by byte.
  const std::vector<CatalogObject>& objects() const noexcept { return objects_; }
  // Hexadecimal SHA-256 of all of it.
  const std::string& fingerprint() const noexcept { return fingerprint_; }

 private:
  std::vector<CatalogObject> objects_;
  std::string fingerprint_;
};

struct CatalogOptions {
  // Schemas that are none of the application's, such as the ledger's: neither they nor what is in them is read.
  std::vector<std::string> ignored_schemas;
};

// Two messages, in a read-only transaction of its own with one snapshot, or within the transaction that is open, which
// is left as it was. The server's own functions that write definitions down look at what is committed at that moment,
// so changes made meanwhile by others may be seen in part. Throws as Connection::Query.
Snapshot ReadCatalog(Connection& connection, const CatalogOptions& options);

}  // namespace sqlmig
