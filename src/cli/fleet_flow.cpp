#include "cli/fleet_flow.h"

#include <algorithm>
#include <mutex>
#include <sstream>

#include <fmt/format.h>

#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "pg/connection.h"
#include "report/error_report.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

constexpr std::size_t kShownErrors = 10;
constexpr std::chrono::seconds kLineEvery(5);
// A run has a second session where somebody waits.
constexpr std::size_t kSessionsOfARun = 2;

// How far all members are: a line that is written over on a terminal, elsewhere one every few seconds.
class FleetProgress {
 public:
  FleetProgress(Context& context, std::string name, std::size_t members)
      : context_(context), name_(std::move(name)), members_(members), started_(context.waiter.now()), shown_(started_) {
    wanted_ = !context.global.quiet && !context.global.no_progress;
    live_ = wanted_ && context.err_is_terminal;
  }

  // `said`: what the member's turn wrote.
  void Ended(const std::string& said, bool failed) {
    const std::lock_guard lock(mutex_);
    ++ended_;
    failed_ += failed ? 1 : 0;
    if (!said.empty()) Clear();
    context_.err << said;
    const auto now = context_.waiter.now();
    if (!wanted_ || (now - shown_ < (live_ ? std::chrono::milliseconds(100) : kLineEvery) && ended_ < members_)) return;
    if (!live_ && now - started_ < kLineEvery) return;
    shown_ = now;
    const std::string text = Text(now);
    context_.err << (live_ ? "\r\033[K" + text : text + "\n") << std::flush;
    dirty_ = live_;
  }

  void Clear() {
    if (dirty_) context_.err << "\r\033[K" << std::flush;
    dirty_ = false;
  }

 private:
  std::string Text(std::chrono::milliseconds now) const {
    const double seconds = std::max(static_cast<double>((now - started_).count()) / 1000, 0.001);
    const double rate = static_cast<double>(ended_) / seconds;
    const std::string failed = failed_ == 0 ? "" : fmt::format(", {} failed", failed_);
    const std::string left =
        ended_ == members_ ? "" : fmt::format(", {:.0f} s left", static_cast<double>(members_ - ended_) / rate);
    return fmt::format("{}: {} of {} members{}, {:.1f} a second{}", name_, ended_, members_, failed, rate, left);
  }

  Context& context_;
  std::string name_;
  std::size_t members_;
  std::chrono::milliseconds started_;
  std::chrono::milliseconds shown_;
  bool wanted_ = false;
  bool live_ = false;
  bool dirty_ = false;
  std::mutex mutex_;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
};

// How many members of a server may be worked on at once, so that at most `share` percent of the connections that are
// free now are taken. A server that cannot be asked is left to what its members say.
std::size_t CapOf(const Context& context, const DatabaseEntry& database, const Member& member,
                  const FleetOptions& options) {
  if (!member.conninfo) return options.jobs;
  try {
    Connection connection = Connection::Open(*member.conninfo, SettingsOf(database), context.interrupt);
    const auto rows = connection.Query(
        "SELECT GREATEST(0, pg_catalog.current_setting('max_connections')::pg_catalog.int4 - "
        "pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4 - "
        "(SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'))");
    const std::size_t free = std::stoul(rows.at(0).At(0, 0));
    return std::clamp<std::size_t>(free * options.share / 100 / kSessionsOfARun, 1, options.jobs);
  } catch (const std::exception&) {
    return options.jobs;
  }
}

Context ContextOf(const Context& all, const std::string& member, std::ostream& out, std::ostream& err) {
  Context context{.out = out,
                  .err = err,
                  .columns = all.columns,
                  .environment = all.environment,
                  .clock = all.clock,
                  .waiter = all.waiter,
                  .interrupt = all.interrupt,
                  .folder = all.folder,
                  .command = all.command,
                  .member = member,
                  .global = all.global,
                  .log = all.log};
  context.global.no_progress = true;
  return context;
}

}  // namespace

FleetTurns VisitMembers(Context& context, const DatabaseEntry& database, const std::vector<Member>& members,
                        const FleetOptions& options, const MemberTurn& turn) {
  FleetTurns turns;
  turns.errors.resize(members.size());
  FleetProgress progress(context, database.name, members.size());
  MemberPool pool;
  pool.jobs = options.jobs;
  for (const Member& member : members) pool.server.push_back(ServerOf(member));
  pool.cap = [&](std::size_t i) { return CapOf(context, database, members[i], options); };
  pool.budget = options.budget;
  pool.interrupt = context.interrupt;
  const PoolResult result = RunPool(members.size(), pool, [&](std::size_t i) {
    const Member& member = members[i];
    std::ostringstream out;
    std::ostringstream err;
    Context own = ContextOf(context, member.name, out, err);
    std::optional<Error>& error = turns.errors[i];
    try {
      if (member.problem) throw *member.problem;
      error = turn(i, own, *member.conninfo);
    } catch (const Error& thrown) {
      error = thrown;
    } catch (const std::exception& thrown) {
      error = Error(ErrorCode::kInternal, thrown.what()).Hint("this is a bug in sqlmig; please report it");
    }
    if (member.problem) LogError(own, "", *error);
    if (error) error->AddContext(fmt::format("in member '{}' of '{}'", member.name, database.name));
    progress.Ended(err.str(), error.has_value());
    return !error;
  });
  progress.Clear();
  turns.begun = result.begun;
  turns.over_budget = result.over_budget;
  return turns;
}

std::optional<Error> SummedUp(Context& context, const DatabaseEntry& database, const std::vector<Member>& members,
                              const FleetTurns& turns) {
  std::size_t failed = 0;
  bool same = true;
  const Error* first = nullptr;
  for (const std::optional<Error>& error : turns.errors) {
    if (!error) continue;
    if (first == nullptr) first = &*error;
    same = same && error->code() == first->code();
    ++failed;
    if (failed > kShownErrors && context.global.verbose == 0) continue;
    context.err << ErrorText(*error, context.ColorFor(context.err_is_terminal), context.folder);
  }
  const auto left = static_cast<std::size_t>(std::count(turns.begun.begin(), turns.begun.end(), false));
  if (failed == 0 && left == 0) return std::nullopt;
  std::string message = fmt::format("{}: {} of {} failed", database.name, failed, Counted(members.size(), "member"));
  if (left > 0) message += fmt::format(", {} not begun", left);
  const bool signalled = context.interrupt != nullptr && context.interrupt->requested();
  const bool stopped = std::any_of(turns.errors.begin(), turns.errors.end(), [](const std::optional<Error>& error) {
    return error && error->code() == ErrorCode::kSignal;
  });
  if (signalled && (left > 0 || stopped))
    return Error(ErrorCode::kSignal, message).Hint("run the command again to go on");
  std::string hint = "what is done stays done: run the command again for the rest";
  if (turns.over_budget)
    hint = "more have failed than --max-failures allows; when that is mended, run the command again";
  if (failed > kShownErrors && context.global.verbose == 0) hint += "; -v, --format json and the log have every error";
  return Error(same && failed == members.size() ? first->code() : ErrorCode::kPartial, message).Hint(hint);
}

}  // namespace sqlmig
