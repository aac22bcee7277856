// When is a migration there? When its row is, no step of the scope is half done, and the run that wrote the rows has
// ended: only its end is surely on disk, so a crash of the server could still take rows of a run without an end away.
// While somebody holds the run lock, such a run may be that one, and waiting goes on. When nobody does, it has died:
// nothing will ever end it but the next command that writes, so this is said in a warning and counts as there.
#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "cli/project.h"
#include "pg/connect_error.h"
#include "plan/replaced.h"
#include "plan/target.h"
#include "report/wait_report.h"

namespace sqlmig {
namespace {

using std::chrono::milliseconds;

struct WaitOptions {
  std::vector<std::string> targets;
  std::string timeout = "60s";
};

// What shall be applied, in plan order: this checkout's migrations, whatever the ledger holds. They are the database
// entry's.
std::vector<const Migration*> WantedMigrations(const Project& project, const DatabaseEntry& database,
                                               const std::vector<TargetTerm>& terms) {
  const LedgerState nothing;
  const Situation situation = MakeSituation(database, project.manifest, nothing);
  NodeSet nodes = situation.Heads();
  if (!terms.empty()) {
    const ResolvedTargets targets = ResolveTargets(terms, situation);
    const bool relative = targets.steps != 0 || std::any_of(terms.begin(), terms.end(), [](const TargetTerm& term) {
                            return term.kind == TargetTerm::Kind::kCurrent;
                          });
    if (relative) {
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' depends on what is applied, so it cannot be waited for", terms.front().text))
          .Hint("name a migration, a tag or 'heads'");
    }
    nodes = targets.nodes;
  }
  std::vector<const Migration*> wanted;
  for (const Node node : situation.graph.Sorted(situation.graph.AncestorsOf(nodes))) {
    wanted.push_back(situation.migration[node]);
  }
  return wanted;
}

// Waits for one database.
class Watch {
 public:
  Watch(const Project& project, Context& context, const DatabaseEntry& database, Conninfo conninfo,
        std::vector<const Migration*> wanted, std::optional<milliseconds> deadline)
      : project_(project),
        context_(context),
        database_(database),
        conninfo_(std::move(conninfo)),
        wanted_(std::move(wanted)),
        deadline_(deadline) {}

  DatabaseWait Run() {
    const milliseconds start = context_.waiter.now();
    milliseconds pause = kFirstPause;
    while (true) {
      Look();
      found_.waited_ms = (context_.waiter.now() - start).count();
      if (found_.ready) return found_;
      Tell();
      const std::optional<milliseconds> left = Left();
      if (left && left->count() <= 0) return found_;
      // Many containers start at once; they shall not ask in step.
      milliseconds rest(
          static_cast<std::int64_t>(static_cast<double>(pause.count()) * (0.75 + 0.5 * context_.waiter.random())));
      if (left) rest = std::min(rest, *left);
      if (!context_.waiter.sleep(rest))
        throw Error(ErrorCode::kSignal, fmt::format("stopped while waiting for {}", database_.name));
      pause = std::min(pause * 3 / 2, kLongestPause);
    }
  }

 private:
  static constexpr milliseconds kFirstPause{200};
  static constexpr milliseconds kLongestPause{2000};

  std::optional<milliseconds> Left() const {
    if (!deadline_) return std::nullopt;
    return *deadline_ - context_.waiter.now();
  }

  // One look; keeps the connection for the next one. No connection is a reason to wait: a server or a database may just
  // not be there yet. A wrong password or role is none.
  void Look() {
    found_ = {};
    found_.name = database_.name;
    try {
      if (session_ == nullptr) session_ = Connect(project_, context_, database_, BoundedConninfo(), {});
      Compare(session_->ReadGlance());
    } catch (const Error& error) {
      session_.reset();
      if (!WaitingMayHelp(error)) throw;
      found_.unreachable = error.message();
    }
  }

  // A host that does not answer must not hold us much longer than we may wait.
  Conninfo BoundedConninfo() const {
    Conninfo bounded = conninfo_;
    const std::optional<milliseconds> left = Left();
    if (left && *left < std::chrono::seconds(10) && bounded.Find("connect_timeout") == nullptr) {
      bounded.Set("connect_timeout", std::to_string(std::max<std::int64_t>(2, left->count() / 1000 + 1)));
    }
    return bounded;
  }

  void Compare(const Glance& glance) {
    const IdSet applied(glance.applied.begin(), glance.applied.end());
    for (const Migration* migration : wanted_) {
      if (!IsThere(*migration, applied)) found_.missing.push_back(migration->id.str());
    }
    if (glance.interrupted) found_.interrupted = InterruptedIds();
    if (!found_.missing.empty() || !found_.interrupted.empty()) return;
    if (!glance.unfinished_runs.empty()) {
      found_.running = session_->LockHolder();
      if (!found_.running.empty()) return;
      // Free now; but the run may have ended between the two questions.
      const std::vector<std::string> unfinished = session_->ReadGlance().unfinished_runs;
      if (unfinished != glance.unfinished_runs) {
        found_.running = "it is ending just now";
        return;
      }
      found_.abandoned = unfinished;
    }
    found_.ready = true;
  }

  std::vector<std::string> InterruptedIds() {
    std::vector<std::string> ids;
    for (const AppliedMigration& row : session_->ReadState().rows) {
      if (row.status != AppliedStatus::kApplied) ids.push_back(row.id.str());
    }
    return ids;
  }

  // Says what is waited for, when that changes.
  void Tell() {
    const std::string reason = WhyNotReady(found_);
    if (reason == told_ || context_.global.quiet || context_.global.no_progress) return;
    context_.err << fmt::format("{}: waiting: {}\n", database_.name, reason) << std::flush;
    told_ = reason;
  }

  const Project& project_;
  Context& context_;
  const DatabaseEntry& database_;
  const Conninfo conninfo_;
  const std::vector<const Migration*> wanted_;
  const std::optional<milliseconds> deadline_;
  std::unique_ptr<PgSession> session_;
  DatabaseWait found_;
  std::string told_;
};

void WarnOfAbandoned(Context& context, const DatabaseWait& database) {
  if (database.abandoned.empty()) return;
  Warn(context, fmt::format("{}: a run has no end and holds no lock, so it died: {}; what it committed is there, but a "
                            "crash of the server could still lose it; the next 'sqlmig apply' settles that",
                            database.name, fmt::join(database.abandoned, ", ")));
}

int RunWait(const WaitOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  const std::vector<TargetTerm> terms = ParseTargets(ShowNegativeTargets(options.targets));
  const milliseconds timeout = ParseDurationOption("--timeout", options.timeout);
  std::optional<milliseconds> deadline;
  if (timeout.count() > 0) deadline = context.waiter.now() + timeout;

  // Wrong targets and missing URLs are said before anything is waited for.
  std::vector<std::optional<Watch>> watches;
  for (const DatabaseEntry* database : selected) {
    std::vector<const Migration*> wanted = WantedMigrations(project, *database, terms);
    const auto conninfo = FindConninfo(project, context, *database, selected.size());
    watches.emplace_back();
    if (conninfo) watches.back().emplace(project, context, *database, *conninfo, std::move(wanted), deadline);
  }
  WaitReport report;
  bool all_ready = true;
  for (std::size_t i = 0; i < selected.size(); ++i) {
    DatabaseWait& result = report.databases.emplace_back();
    result.name = selected[i]->name;
    if (!watches[i]) {
      result.notice = FleetNotice(*selected[i]);
      continue;
    }
    result = watches[i]->Run();
    watches[i].reset();  // the connection is not kept while others are waited for
    WarnOfAbandoned(context, result);
    LogLine(context, "",
            fmt::format("db={} wait: {} after {} ms", result.name,
                        result.ready ? "ready" : "not ready, " + WhyNotReady(result), result.waited_ms));
    all_ready = all_ready && result.ready;
  }
  if (!context.global.quiet || context.global.format != Format::kText || !all_ready) {
    context.out << Render(report, context.global.format) << std::flush;
  }
  return all_ready ? exit_status::kDone : exit_status::kNo;
}

}  // namespace

void AddWait(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"wait",
       {},
       "Wait until the database is migrated",
       "For programs that start beside the release script: returns when the targets (all heads without one) are "
       "applied, nothing is interrupted and no run is going on. A server that is not up yet, or restarts, is waited "
       "for too; a refused password or role ends the wait with 4. Exits 1 when the time is over, and says what is "
       "missing. "
       "Only reads; takes no lock.",
       "  sqlmig wait                             # all heads of every database, at most 60 s\n"
       "  sqlmig wait -d meta create_bots         # what this program needs\n"
       "  sqlmig wait --timeout 10min && ./serve\n"
       "  sqlmig wait --timeout 0                 # for ever"});
  const auto options = std::make_shared<WaitOptions>();
  command->add_option("target", options->targets, "What must be applied; all heads without it")->type_name("T");
  command->add_option("--timeout", options->timeout, "How long to wait; 0: for ever")
      ->type_name("TIME")
      ->capture_default_str();
  Runs(command, selected, "wait", [options](Context& context) { return RunWait(*options, context); });
}

}  // namespace sqlmig
