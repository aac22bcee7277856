// The project that a command works on: manifest, environment, selected databases, where each is.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "exec/pg_session.h"
#include "manifest/manifest.h"
#include "pg/conninfo.h"

namespace sqlmig {

struct Project {
  Manifest manifest;
  Environment environment;  // with .env below the real one

  // scope of a database's rows in its ledger.
  std::string Scope(const DatabaseEntry& database) const { return manifest.project + "/" + database.name; }
  LedgerSql Ledger(const DatabaseEntry& database) const { return {manifest.ledger.schema, Scope(database)}; }
};

// Finds and reads the manifest, and checks the graph of each database. Throws kManifest, kGraph, all problems at once;
// kIo, kUsage when there is no manifest. Opens the log as the manifest says.
// `begin` is called when what stands before the first migration has been read, with just that: what a command can begin
// then goes on while the rest is read. The whole manifest may say otherwise.
Project LoadProject(Context& context, const std::function<void(const Project& head)>& begin = {});
// The same, and gives the problems instead of throwing them: `check` reports them all with its own.
Project LoadProject(Context& context, std::vector<Error>* problems,
                    const std::function<void(const Project& head)>& begin = {});

// Where to look for the manifest: --manifest, or migrations.yaml in this folder or one above. Throws kUsage.
std::filesystem::path FindManifest(const Context& context);

enum class Selection {
  kAll,  // without -d: every database in declared order
  kOne,  // without -d: the only one, else an error that asks for -d
};
// Throws kUsage: no such database ("did you mean"), or a choice is needed.
std::vector<const DatabaseEntry*> SelectDatabases(const Project& project, const Context& context, Selection selection);

// Where one of the selected databases is. Nothing: a fleet entry for which no member was named (the caller says so).
// Throws kNoUrl with all the ways to name it; kUsage for --url with several databases.
std::optional<Conninfo> FindConninfo(const Project& project, const Context& context, const DatabaseEntry& database,
                                     std::size_t selected);

// Whether FindConninfo would ask for the embedded server, and start it.
bool IsEmbedded(const Project& project, const Context& context, const DatabaseEntry& database, std::size_t selected);

// What people are told of a fleet entry without a member.
std::string FleetNotice(const DatabaseEntry& database);

struct ConnectOptions {
  bool writes = false;
  std::string run = {};                          // for application_name; empty: none
  std::chrono::milliseconds wait_for_server{0};  // try again that long while there is no server
  std::unique_ptr<Opening> begun = nullptr;      // used when it fits
};
// How its sessions are pinned.
SessionSettings SettingsOf(const DatabaseEntry& database);
// The same for the session of a run, whose id may be empty.
SessionSettings SettingsOf(const DatabaseEntry& database, const std::string& run, bool writes);

std::unique_ptr<PgSession> Connect(const Project& project, Context& context, const DatabaseEntry& database,
                                   const Conninfo& conninfo, ConnectOptions options);

}  // namespace sqlmig
