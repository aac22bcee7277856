// How families of objects are read. A family is one SELECT; each of its properties is an SQL expression, so that what
// only newer servers know is a line with a version.
//
// All SQL of this layer runs with search_path set to "pg_catalog, pg_temp": there no object made by somebody else can
// stand before the server's own (https://wiki.postgresql.org/wiki/A_Guide_to_CVE-2018-1058), and every name that the
// server writes out, but those of its own, comes with its schema.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

// System catalogs by their oids, which are the same on every server.
namespace system_catalog {
inline constexpr std::uint32_t kType = 1247;
inline constexpr std::uint32_t kProc = 1255;
inline constexpr std::uint32_t kClass = 1259;
inline constexpr std::uint32_t kForeignServer = 1417;
inline constexpr std::uint32_t kUserMapping = 1418;
inline constexpr std::uint32_t kForeignDataWrapper = 2328;
inline constexpr std::uint32_t kAccessMethod = 2601;
inline constexpr std::uint32_t kCast = 2605;
inline constexpr std::uint32_t kConstraint = 2606;
inline constexpr std::uint32_t kConversion = 2607;
inline constexpr std::uint32_t kLanguage = 2612;
inline constexpr std::uint32_t kNamespace = 2615;
inline constexpr std::uint32_t kOpclass = 2616;
inline constexpr std::uint32_t kOperator = 2617;
inline constexpr std::uint32_t kRewrite = 2618;
inline constexpr std::uint32_t kTrigger = 2620;
inline constexpr std::uint32_t kOpfamily = 2753;
inline constexpr std::uint32_t kExtension = 3079;
inline constexpr std::uint32_t kPolicy = 3256;
inline constexpr std::uint32_t kStatisticExt = 3381;
inline constexpr std::uint32_t kCollation = 3456;
inline constexpr std::uint32_t kEventTrigger = 3466;
inline constexpr std::uint32_t kTransform = 3576;
inline constexpr std::uint32_t kTsDict = 3600;
inline constexpr std::uint32_t kTsParser = 3601;
inline constexpr std::uint32_t kTsConfig = 3602;
inline constexpr std::uint32_t kTsTemplate = 3764;
inline constexpr std::uint32_t kDefaultAcl = 826;
inline constexpr std::uint32_t kDbRoleSetting = 2964;
inline constexpr std::uint32_t kSubscription = 6100;
inline constexpr std::uint32_t kPublication = 6104;
}  // namespace system_catalog

// The server, and what of it is read.
struct CatalogScope {
  int version = 0;  // the major version: 15
  // SQL for an array of the oids of schemas that are not read.
  std::string ignored_schemas = "'{}'::oid[]";
  // System catalogs with rows that belong to an extension.
  std::set<std::uint32_t> with_members;

  // Condition: made by a user, not a member of an extension, and, when the expression `schema` is not empty, not in an
  // ignored schema.
  std::string Ours(std::uint32_t catalog, std::string_view oid, std::string_view schema = "") const;
};

struct PropertySql {
  std::string name;
  std::string sql;  // of any type; NULL and the empty text: at its default, left out
  int since = 0;    // major version of the server
};

// One row for each object.
struct ObjectSql {
  std::uint32_t catalog = 0;
  std::string oid;  // expressions from here on
  std::string sub = "0";
  std::string kind;
  std::string name;
  std::string parent = "NULL";
  std::vector<PropertySql> properties;
  std::string from;  // from FROM on
  int since = 0;
  // A table, perhaps with a condition: while it has no row, there is no object of this family, and nobody asks for any.
  std::string needs = {};
};

// Properties of objects that are read by ObjectSql, whatever their family: rows (catalog, oid, sub, name, value). What
// is said of other objects is passed over.
struct PropertyRowsSql {
  std::string sql;
  int since = 0;
  std::string needs = {};
};

struct CatalogSql {
  std::vector<ObjectSql> objects;
  std::vector<PropertyRowsSql> properties;
  std::string privileges;  // PrivilegesSql()
};

// The families, one file each.
void AddSchemas(const CatalogScope& scope, CatalogSql* sql);
void AddTables(const CatalogScope& scope, CatalogSql* sql);
void AddConstraints(const CatalogScope& scope, CatalogSql* sql);
void AddIndexes(const CatalogScope& scope, CatalogSql* sql);
void AddSequences(const CatalogScope& scope, CatalogSql* sql);
void AddFunctions(const CatalogScope& scope, CatalogSql* sql);
void AddOperators(const CatalogScope& scope, CatalogSql* sql);
void AddTriggers(const CatalogScope& scope, CatalogSql* sql);
void AddTypes(const CatalogScope& scope, CatalogSql* sql);
void AddTextSearch(const CatalogScope& scope, CatalogSql* sql);
void AddForeign(const CatalogScope& scope, CatalogSql* sql);
void AddReplication(const CatalogScope& scope, CatalogSql* sql);

// Pieces of SQL.
// For ObjectSql::needs: rows of the catalog that are not the server's own.
std::string UsersRowsOf(std::string_view catalog);
// Kind and name of the relation `alias`, a row of pg_class, as in CatalogObject::parent.
std::string RelationKind(std::string_view alias);
std::string RelationReference(std::string_view alias);
// An array of text in the order of its bytes, one line; NULL for none.
std::string SortedList(std::string_view array);
// A schema-qualified name.
std::string QualifiedName(std::string_view schema_oid, std::string_view name);
// A regproc or regoperator as text, NULL for none.
std::string NameOrNone(std::string_view reg);

}  // namespace sqlmig
