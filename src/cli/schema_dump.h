// Writes a database's schema file: what `dump` does, and `apply --dump` at its end.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "cli/project.h"
#include "dump/pg_dump.h"
#include "dump/schema_file.h"
#include "report/schema_report.h"

namespace sqlmig {

// Larger files are no schema files.
inline constexpr std::size_t kMaxSchemaBytes = std::size_t{512} << 20U;

// Where pg_dump is looked for, and what it gets of our environment. `embedded`: for a database in the private server.
PgDumpPlaces PgDumpPlacesOf(const Project& project, bool embedded);

// Where a database's schema is kept, relative to the manifest's folder: what the manifest says, else schema.sql, or
// <name>.schema.sql where there are several.
std::filesystem::path SchemaFileOf(const Manifest& manifest, const DatabaseEntry& database);

// Whether a file of another scope is this database's from before project or database were renamed: both have migrations
// in common, or the file has none, and no database of the manifest has that scope.
bool IsFromBeforeRename(const Project& project, const DatabaseEntry& database, const SchemaFile& file);

struct DumpOptions {
  std::string out;  // where to write; empty: the manifest's schema file; "-": standard output
  bool owners = false;
  bool privileges = true;
  bool settings = true;
};

// Reads ledger and schema of one moment and writes the file, unless it has these bytes already. `embedded`: the
// database is in the private server, whose own pg_dump is looked for first. Throws kInterrupted, kScope as a run does;
// kIo when the file is there and not ours; what RunPgDump and FindPgDump (dump/pg_dump.h) throw.
DatabaseDump DumpSchema(const Project& project, Context& context, const DatabaseEntry& database,
                        const Conninfo& conninfo, bool embedded, const DumpOptions& options);

// DumpSchema into the manifest's schema file with its usual contents, for RunRequest::dump. Project and context outlive
// it; `selected`: how many databases are.
std::function<DatabaseDump(const DatabaseEntry&, const Conninfo&)> SchemaDumper(const Project& project,
                                                                                Context& context, std::size_t selected);

}  // namespace sqlmig
