// What belongs to one database and pg_dump leaves out of its DDL: settings of the database, and which materialized
// views hold rows.
#pragma once

#include <string>
#include <vector>

#include "pg/connection.h"

namespace sqlmig {

enum class SettingsKept {
  kPlain,         // of the database, but for names with a dot: those are an application's, and may be secrets
  kPlainOfRoles,  // of roles in this database, too; the roles must exist where the SQL is run
  kAll,
};

struct DatabaseSettings {
  std::string sql;                    // sets them in whatever database it is run; empty: none
  std::vector<std::string> left_out;  // names, but for those of roles that are not wanted
};

// What ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE ... SET have left.
DatabaseSettings ReadDatabaseSettings(Connection& connection, SettingsKept kept);

// REFRESH for each materialized view that is populated, behind those that it reads; empty: none. Like pg_dump, not for
// one that reads a view without rows, which could not be refreshed, and not for what stands in the schema `left_out`.
std::string RefreshSql(Connection& connection, const std::string& left_out);

}  // namespace sqlmig
