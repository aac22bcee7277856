// Who may do what, in canonical form.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "catalog/catalog_query.h"

namespace sqlmig {

// Items of an access control list as the server writes them: one a line, grantee=privileges/grantor.
struct AccessList {
  std::string_view owner;     // quoted as in the items
  std::string_view granted;   // what is granted
  std::string_view built_in;  // what the object would have without any list
};

// Properties ("privileges of app" -> "INSERT, SELECT") of those whose privileges are not the built-in ones; "none" for
// those who have lost them.
std::map<std::string, std::string> DecodePrivileges(const AccessList& list);

// Rows (catalog, oid, sub, owner, granted, built_in, kind, name, extension) of all lists that are not the built-in ones;
// kind and name only for objects that come with the server or with an extension, which is named as a parent is.
std::string PrivilegesSql(const CatalogScope& scope);

}  // namespace sqlmig
