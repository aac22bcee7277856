#include "cli/drift_flow.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/database_view.h"
#include "cli/progress.h"
#include "cli/run_flow.h"
#include "cli/shadow_place.h"
#include "cli/work_progress.h"
#include "manifest/ignored_drift.h"
#include "plan/planner.h"
#include "report/schema_file.h"
#include "support/counted.h"
#include "support/file.h"
#include "verify/one_owner.h"
#include "verify/rebuild.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxSnapshotBytes = std::size_t{256} << 20U;
constexpr int kReadings = 5;  // of a database that changes meanwhile

bool NothingHappened(const LedgerState& a, const LedgerState& b) {
  const auto same = [](const AppliedMigration& x, const AppliedMigration& y) {
    return x.id == y.id && x.attempt == y.attempt && x.status == y.status && x.statements_done == y.statements_done;
  };
  return std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(), same);
}

std::vector<std::string> ReadRoles(Connection& connection) {
  const Rows rows = connection.Query("SELECT r.rolname FROM pg_catalog.pg_roles r ORDER BY 1").at(0);
  std::vector<std::string> roles;
  for (std::size_t r = 0; r < rows.size(); ++r) roles.push_back(rows.At(r, 0));
  return roles;
}

std::string MajorOf(int version) {
  return std::to_string(version / 10000);
}

}  // namespace

struct DriftFlow::Live {
  LedgerState state;
  DescribedSchema schema;
  std::vector<std::string> roles;
};

DriftFlow::DriftFlow(const Project& project, Context& context, const DriftRequest& request)
    : project_(project), context_(context), request_(request) {
  if (request_.against.empty()) return;
  try {
    const bool stream = request_.against == "-";
    against_ = ParseSchemaFile(stream ? ReadStream("/dev/stdin", kMaxSnapshotBytes)
                                      : ReadFile(request_.against, kMaxSnapshotBytes));
  } catch (Error& error) {
    error.AddContext(fmt::format("in the file of --against '{}'", request_.against));
    throw;
  }
}

Shadow& DriftFlow::shadow() {
  if (shadow_ == nullptr) shadow_ = OpenShadow(project_, context_, request_.shadow_url, LiveDatabase::kRead);
  return *shadow_;
}

void DriftFlow::Warn(const DatabaseEntry& database, std::string text, DatabaseDrift* result) {
  sqlmig::Warn(context_, fmt::format("{}: {}", database.name, text));
  result->warnings.push_back(std::move(text));
}

// Ledger and schema are read one after the other; when a run has changed the ledger between, both are read again.
DriftFlow::Live DriftFlow::ReadLive(const DatabaseEntry& database, const Conninfo& conninfo) {
  const auto session = Connect(project_, context_, database, conninfo, {});
  const std::string& ledger_schema = project_.manifest.ledger.schema;
  Live live;
  live.state = session->ReadState();
  Connection& connection = session->connection();
  for (int reading = 0; reading < kReadings; ++reading) {
    live.schema.snapshot = ReadCatalog(connection, {{ledger_schema}});
    live.schema.owners = ReadOwners(connection, ledger_schema);
    live.roles = ReadRoles(connection);
    LedgerState now = session->ReadState();
    const bool same = NothingHappened(live.state, now);
    live.state = std::move(now);
    if (!same) continue;
    live.schema.database = database.name;
    live.schema.server_version = connection.server_version();
    for (const AppliedMigration& row : live.state.rows) {
      if (row.status != AppliedStatus::kApplying) live.schema.migrations.push_back(row.id);
    }
    return live;
  }
  throw Error(ErrorCode::kRunLock, fmt::format("{}: a run changes the database while it is compared", database.name))
      .Hint("wait until it is done, and run the command again");
}

// By ordinal. Throws kUnknown when the checkout lacks one of them.
std::vector<MigrationId> DriftFlow::ExpectedMigrations(const DatabaseEntry& database, const LedgerState& state,
                                                       DatabaseDrift* result) {
  const Situation situation = MakeSituation(database, project_.manifest, state);
  CheckScope(project_, database, situation, state);
  RequireWholeSquashes(situation);
  const std::vector<std::string> unknown = IdsOf(situation.Unknown(), situation.graph);
  if (!unknown.empty()) {
    throw Error(
        ErrorCode::kUnknown,
        fmt::format("{}: {} {} applied, and this checkout lacks {}, so what the schema should be cannot be told",
                    database.name, fmt::join(unknown, ", "), unknown.size() == 1 ? "is" : "are",
                    unknown.size() == 1 ? "it" : "them"))
        .Hint("update this checkout, or compare with a stored schema ('sqlmig drift --against FILE')");
  }
  for (const std::string& id : IdsOf(situation.Interrupted(), situation.graph)) {
    const bool down = situation.row[situation.graph.Find(id).value()]->status == AppliedStatus::kReverting;
    Warn(database,
         fmt::format("{} is half {}: what that has changed so far shows as drift", id, down ? "undone" : "applied"),
         result);
  }
  ScriptStore store(project_.manifest, database);
  std::vector<std::string> edited;
  std::vector<MigrationId> applied;
  for (const Node node : situation.applied_order) {
    const Migration& migration = *situation.migration[node];
    applied.push_back(migration.id);
    if (store.Edited(migration, *situation.row[node]) == ScriptStore::EditKind::kTokens) {
      edited.push_back(migration.id.str());
    }
  }
  if (!edited.empty()) {
    Warn(database,
         fmt::format("{} changed since {} applied; the checkout's text says what is expected", fmt::join(edited, ", "),
                     edited.size() == 1 ? "it was" : "they were"),
         result);
  }
  return applied;
}

// The server's words for the same thing change from one major version to the next.
void DriftFlow::WarnOfVersions(const DatabaseEntry& database, const DescribedSchema& expected,
                               const DescribedSchema& found, DatabaseDrift* result) {
  if (MajorOf(expected.server_version) == MajorOf(found.server_version)) return;
  Warn(database,
       fmt::format("the live server is PostgreSQL {}, what is expected comes from {}: some differences may be only in "
                   "how the two put things; {}",
                   MajorOf(found.server_version), MajorOf(expected.server_version),
                   request_.against.empty() ? "use --shadow-url with a server of the same version"
                                            : "store the schema anew with --save"),
       result);
}

void DriftFlow::Compare(const DatabaseEntry& database, const DescribedSchema& expected, const DescribedSchema& found,
                        DatabaseDrift* result) {
  WarnOfVersions(database, expected, found, result);
  std::vector<IgnorePattern> patterns = ReadIgnoredDrift(project_.manifest, database);
  patterns.insert(patterns.end(), request_.ignored.begin(), request_.ignored.end());
  result->applied = expected.migrations.size();
  result->drift = FindDrift(expected, found, patterns);
}

void DriftFlow::CompareWithFile(const DatabaseEntry& database, const Live& live, DatabaseDrift* result) {
  result->file = request_.against == "-" ? "standard input" : request_.against;
  std::vector<MigrationId> stored = against_->migrations;
  std::vector<MigrationId> now = live.schema.migrations;
  std::sort(stored.begin(), stored.end());
  std::sort(now.begin(), now.end());
  if (stored != now) {
    const auto lacks = [](const std::vector<MigrationId>& a, const std::vector<MigrationId>& b) {
      std::vector<MigrationId> only;
      std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only));
      return only.size();
    };
    Warn(database,
         fmt::format("the stored schema has other migrations than the database: {} more, {} fewer; what those do shows "
                     "as drift",
                     lacks(stored, now), lacks(now, stored)),
         result);
  }
  Compare(database, *against_, live.schema, result);
}

void DriftFlow::CompareWithMigrations(const DatabaseEntry& database, const Live& live, DatabaseDrift* result) {
  const std::vector<MigrationId> applied = ExpectedMigrations(database, live.state, result);
  std::vector<PreparedStep> steps = PrepareApplied(project_.manifest, database, applied);
  const ReplaySettings settings = ReplaySettingsOf(project_, context_, database);
  WorkProgress progress(context_, project_.manifest.several ? database.name + ": " : "");
  RebuildWork work{shadow(), settings, std::move(steps), live.roles, database.name, {}};
  work.observer = [&](std::size_t done, std::size_t total, const MigrationId& id) {
    progress.Show(done, total, "rebuilt  " + id.str());
  };
  Rebuild rebuild(work);
  const DescribedSchema expected = rebuild.Run();
  if (!request_.save.empty()) return Save(expected, result);
  Compare(database, expected, live.schema, result);
  work.observer = [&](std::size_t done, std::size_t total, const MigrationId& id) {
    progress.Show(done, total, "causes  " + id.str());
  };
  rebuild.FindCauses(AllOwners(expected, live.schema), &result->drift.items);
}

void DriftFlow::Save(const DescribedSchema& schema, DatabaseDrift* result) {
  const std::string text = SchemaFileText(schema);
  if (request_.save == "-") {
    context_.out << text << std::flush;
  } else {
    WriteOutput(request_.save, text);
  }
  result->saved = true;
  result->file = request_.save;
  result->applied = schema.migrations.size();
  result->objects = schema.snapshot.objects().size();
}

void DriftFlow::Look(const DatabaseEntry& database, std::size_t selected, DatabaseDrift* result) {
  const auto conninfo = FindConninfo(project_, context_, database, selected);
  if (!conninfo) {
    result->notice = FleetNotice(database);
    return;
  }
  const Live live = ReadLive(database, *conninfo);
  if (!live.state.exists) {
    Warn(database, "this database has no ledger: nothing was applied here, or the URL or 'ledger: schema' is wrong",
         result);
  }
  if (!request_.save.empty() && !request_.save_expected) return Save(live.schema, result);
  if (against_) return CompareWithFile(database, live, result);
  CompareWithMigrations(database, live, result);
}

}  // namespace sqlmig
