// A whole schema with its ledger, made in an empty database by one transaction: it is all there and recorded, or
// nothing.
#pragma once

#include <string>
#include <vector>

#include "exec/script_store.h"
#include "exec/step_message.h"
#include "ledger/ledger_sql.h"

namespace sqlmig {

struct SchemaLoad {
  PreparedStep file;                     // id and path: the file's name; its script; the database's settings
  std::vector<MigrationRecord> records;  // what counts as applied then, in order
  RunRecord run;
  std::vector<std::string> readers;  // roles that get SELECT on the ledger
};

// The load in the order in which it is sent: the run lock is ours and the database is empty (22012 otherwise), the
// ledger is made, the script runs as a step's does, the ledger's rows are written.
StepFrame MakeLoadFrame(const SchemaLoad& load, const LedgerSql& ledger, int server_version);

enum class LoadOutcome { kLoaded, kNotEmpty };
// REQUIRES: the session holds the run lock. Throws with nothing left in the database: kSql with the place in the file,
// kRunLock, kSignal; kOutcomeUnknown when the connection was lost, and then all is there or nothing.
LoadOutcome RunLoad(Connection& connection, const SchemaLoad& load, const LedgerSql& ledger);

// Rows (what): up to `limit` things that somebody has made in the database, "table public.users"; nothing of an
// extension, which a superuser may have to install first, and not the bare schema that the ledger is to have. Its
// statements restore what they set.
std::string WhatIsThere(const LedgerSql& ledger, int limit);

}  // namespace sqlmig
