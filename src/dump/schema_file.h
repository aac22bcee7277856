// schema.sql: the DDL of one database, and what is applied in it. Any program can run it as SQL; what is applied stands
// in comments, which only `sqlmig load` reads. Nothing in it depends on when, where or by whom it was written:
//
//   -- sqlmig schema 1: shop/default
//   -- Written by 'sqlmig dump' ...
//
//   <SQL>
//
//   -- sqlmig applied 1
//   --
//   -- migration 20261122101500_create_users
//   -- description People who own bots
//   -- depends_on <id> <id>                      none: left out
//   -- up <SHA-256 of the file> <of its tokens> <number of the token hash>          no SQL: left out
//   -- down script <SHA-256> <of tokens> <number>       or: secret <...>, none, irreversible
//   -- outside_transaction up down                what runs without a transaction; nothing: left out
//   -- |DROP TABLE users;                        the down script, line by line
//   -- \a line with\r backslashes, CR or other control characters, which are escaped
//   -- no_newline                                the script's last line has none
//
// The migrations stand in plan order, each behind what it depends on, so that databases in which the same migrations
// were applied in different orders have the same file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/ledger_state.h"

namespace sqlmig {

// Only id, description, depends_on, hashes, hash_algorithm, the transaction flags and down_kind of the row are kept.
struct RecordedMigration {
  AppliedMigration row;
  std::string down_script;  // when row.down_kind is kScript
};

struct SchemaFile {
  std::string scope;  // project/database
  std::string sql;
  std::vector<RecordedMigration> applied;
};

std::string SchemaFileText(const SchemaFile& file);

// Reads it back; sql is all that stands before what is applied, so that positions in it are those of the file. Throws
// kScript with the place for what it does not understand, a down script that was changed, a migration before what it
// depends on.
SchemaFile ParseSchemaFile(std::string_view text, const std::filesystem::path& file);

// Whether the text begins as such a file does.
bool IsSchemaFile(std::string_view text);

}  // namespace sqlmig
