#include "dump/pg_dump.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "embedded/binaries.h"
#include "embedded/program.h"
#include "pg/client_environment.h"
#include "pg/connection.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kLongest(10);
constexpr std::size_t kMaxDumpBytes = std::size_t{256} << 20U;

// What the server's own functions write depends on these, and pg_dump leaves them as they are.
constexpr std::array<const char*, 6> kPins = {"TimeZone=UTC",     "quote_all_identifiers=off",
                                              "bytea_output=hex", "standard_conforming_strings=on",
                                              "lc_monetary=C",    "xmlbinary=base64"};

Program ProgramAt(const fs::path& path, const PgDumpPlaces& places) {
  Program program;
  program.path = path;
  program.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
  program.environment.insert(program.environment.end(), places.environment.begin(), places.environment.end());
  const bool has_libraries =
      std::any_of(places.environment.begin(), places.environment.end(),
                  [](const std::string& variable) { return variable.starts_with("LD_LIBRARY_PATH="); });
  if (const auto libraries = BundledLibraries(path.parent_path()); libraries && !has_libraries) {
    program.environment.push_back("LD_LIBRARY_PATH=" + libraries->string());
  }
  return program;
}

std::string InstallHint(int server_major) {
  return fmt::format(
      "install the client programs of PostgreSQL {} (Debian: postgresql-client), or set SQLMIG_PG_DUMP to the path of "
      "a "
      "pg_dump of that version or newer",
      server_major);
}

Error NoPgDump(int server_major) {
  return Error(ErrorCode::kConnection, "found no pg_dump in PATH or where PostgreSQL's packages put it")
      .Hint(InstallHint(server_major));
}

Error TooOld(const PgDumpProgram& newest, int server_major) {
  return Error(ErrorCode::kServerVersion,
               fmt::format("the server is PostgreSQL {}, and the newest pg_dump that was found is older: {}, '{}'",
                           server_major, newest.major, Printable(newest.path.string())))
      .Hint(InstallHint(server_major));
}

PgDumpProgram Named(const fs::path& named, const PgDumpPlaces& places, int server_major) {
  const fs::path path = named.is_absolute() ? named : fs::absolute(named);
  const PgDumpProgram program{path, MajorVersionOf(ProgramAt(path, places))};
  if (program.major == 0) {
    throw Error(ErrorCode::kConnection, fmt::format("SQLMIG_PG_DUMP names '{}', which is no pg_dump or cannot be run",
                                                    Printable(path.string())))
        .Hint("set it to the path of the program itself, such as /usr/lib/postgresql/15/bin/pg_dump");
  }
  if (program.major < server_major) throw TooOld(program, server_major);
  return program;
}

std::vector<std::string> Arguments(const PgDumpRequest& request) {
  std::vector<std::string> arguments = {"--no-password", "--no-subscriptions", "--encoding=UTF8",
                                        // Quoted, so that the name is no pattern.
                                        "--exclude-schema=" + QuoteIdentifier(request.left_out)};
  if (!request.rows) arguments.insert(arguments.begin(), "--schema-only");
  for (const std::string& name : request.without_rows) arguments.push_back("--exclude-table-data=" + name);
  if (!request.snapshot.empty()) arguments.push_back("--snapshot=" + request.snapshot);
  if (!request.owners) arguments.emplace_back("--no-owner");
  if (!request.privileges) arguments.emplace_back("--no-privileges");
  if (request.lock_timeout.count() > 0) {
    arguments.push_back(fmt::format("--lock-wait-timeout={}", request.lock_timeout.count()));
  }
  return arguments;
}

// Libpq reads a backslash in PGOPTIONS as quoting; none of ours has one.
std::string PinnedOptions(const std::string* own) {
  std::string options = own == nullptr ? std::string() : *own;
  for (const char* pin : kPins) options += fmt::format("{}-c {}", options.empty() ? "" : " ", pin);
  return options;
}

Error Failed(const PgDumpProgram& program, const PgDumpRequest& request, const ProgramResult& result) {
  const std::string said = Printable(request.conninfo.Scrub(result.errors.substr(0, 4000)));
  if (said.find("due to lock timeout") != std::string::npos ||
      said.find("due to statement timeout") != std::string::npos) {
    return Error(ErrorCode::kLockTimeout, "pg_dump has waited too long for the lock of a table")
        .Excerpt(said)
        .Hint(
            "run it again when no migration or long transaction is under way; 'lock_timeout' in the manifest says "
            "how long it waits");
  }
  return Error(ErrorCode::kSql,
               fmt::format("'{}' failed with exit status {}", Printable(program.path.string()), result.exit_status))
      .Excerpt(said)
      .Hint("see what pg_dump says above; it needs the right to read every table, as the owner of the schema has");
}

}  // namespace

PgDumpProgram FindPgDump(const PgDumpPlaces& places, int server_major) {
  if (places.named) return Named(*places.named, places, server_major);
  std::vector<fs::path> candidates;
  if (places.folder) candidates.push_back(*places.folder / "pg_dump");
  const std::vector<fs::path> found = FindPrograms("pg_dump", places.path_variable);
  candidates.insert(candidates.end(), found.begin(), found.end());
  PgDumpProgram best;
  PgDumpProgram newest;
  for (const fs::path& path : candidates) {
    const PgDumpProgram program{path, MajorVersionOf(ProgramAt(path, places))};
    if (program.major == server_major) return program;
    if (program.major > newest.major) newest = program;
    if (program.major > server_major && (best.major == 0 || program.major < best.major)) best = program;
  }
  if (best.major != 0) return best;
  if (newest.major != 0) throw TooOld(newest, server_major);
  throw NoPgDump(server_major);
}

std::string RunPgDump(const PgDumpProgram& program, const PgDumpPlaces& places, const PgDumpRequest& request,
                      const Interrupt* interrupt) {
  Conninfo conninfo = request.conninfo;
  if (request.pins) conninfo.Set("options", PinnedOptions(conninfo.Find("options")));
  conninfo.Set("application_name", "sqlmig pg_dump");
  const ClientEnvironment environment = EnvironmentOf(conninfo);
  Program run = ProgramAt(program.path, places);
  run.arguments = Arguments(request);
  if (!environment.conninfo.empty()) run.arguments.push_back("--dbname=" + environment.conninfo);
  run.environment.insert(run.environment.end(), environment.variables.begin(), environment.variables.end());
  run.errors_apart = true;
  run.max_output = kMaxDumpBytes;
  const ProgramResult result = RunProgram(run, Deadline(kLongest, interrupt, "pg_dump was running"));
  if (result.exit_status != 0) throw Failed(program, request, result);
  if (result.cut) {
    throw Error(ErrorCode::kIo, fmt::format("pg_dump wrote more than {} MB", kMaxDumpBytes >> 20U))
        .Hint("a schema of that size cannot be kept in one file");
  }
  return result.output;
}

}  // namespace sqlmig
