#include "exec/lock_watch.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "exec/receipt_sql.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::seconds kTryAgain{5};

std::string Describe(const Rows& rows, std::size_t r, std::size_t c) {
  const std::string since = rows.IsNull(r, c + 3) ? "" : fmt::format(", in a transaction for {} s", rows.At(r, c + 3));
  return fmt::format("pid {} (application '{}', user '{}'{}{}{})", rows.At(r, c), Printable(rows.At(r, c + 1)),
                     Printable(rows.At(r, c + 2)), rows.IsNull(r, c + 4) ? "" : ", ", rows.At(r, c + 4), since);
}

// Of pg_stat_activity `a`: what Describe() shows. What a role may not see of others is null.
constexpr const char* kWho =
    "a.pid, a.application_name, a.usename, pg_catalog.round(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() "
    "OPERATOR(pg_catalog.-) a.xact_start)::pg_catalog.numeric, 1), a.state";

// Rows of the first: who blocks us; of the second: who waits for us, also behind us in a queue; of the third: our
// build. pg_locks may be read by every role.
std::string Query(int pid) {
  return fmt::format(
      "SELECT {0} FROM pg_catalog.pg_stat_activity a WHERE a.pid OPERATOR(pg_catalog.=) ANY "
      "(pg_catalog.pg_blocking_pids({1})) ORDER BY a.xact_start LIMIT 3;\n"
      "SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid "
      "OPERATOR(pg_catalog.=) l.pid WHERE NOT l.granted AND l.pid OPERATOR(pg_catalog.<>) {1} AND a.backend_type IS "
      "DISTINCT FROM 'autovacuum worker' AND {1} OPERATOR(pg_catalog.=) ANY (pg_catalog.pg_blocking_pids(l.pid));\n"
      "SELECT p.phase, CASE WHEN p.blocks_total OPERATOR(pg_catalog.>) 0 THEN p.blocks_done ELSE p.tuples_done END, "
      "CASE "
      "WHEN p.blocks_total OPERATOR(pg_catalog.>) 0 THEN p.blocks_total ELSE p.tuples_total END, CASE WHEN "
      "p.blocks_total "
      "OPERATOR(pg_catalog.>) 0 THEN 'blocks' ELSE 'rows' END, p.lockers_done, p.lockers_total, {0} FROM "
      "pg_catalog.pg_stat_progress_create_index p LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid "
      "OPERATOR(pg_catalog.=) p.current_locker_pid WHERE p.pid OPERATOR(pg_catalog.=) {1}",
      kWho, pid);
}

double Seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

LockWatch::LockWatch(Conninfo conninfo, SessionSettings settings, const Interrupt* interrupt, std::string ledger_schema)
    : conninfo_(std::move(conninfo)),
      settings_(std::move(settings)),
      interrupt_(interrupt),
      ledger_schema_(std::move(ledger_schema)) {
  settings_.application_name += " watch";
  settings_.writes = false;
  settings_.connect_timeout = kPatience;
  if (conninfo_.Find("connect_timeout") == nullptr) conninfo_.Set("connect_timeout", "2");
}

void LockWatch::Begin(int backend_pid, BlockingBudget budget, ReceiptDraft* draft) {
  backend_pid_ = backend_pid;
  budget_ = budget;
  draft_ = draft;
  reads_catalog_ = false;
  victims_.clear();
  blockers_.clear();
  excess_.clear();
  progress_.clear();
  phase_.clear();
}

bool LockWatch::Look() {
  if (!connection_ && Clock::now() < not_before_) return false;
  try {
    if (!connection_) connection_.emplace(Connection::Open(conninfo_, settings_, interrupt_));
    Ask();
  } catch (const Error&) {
    // The run goes on: its own timeouts still bound what it waits for.
    connection_.reset();
    not_before_ = Clock::now() + kTryAgain;
  }
  return !excess_.empty();
}

MessageOutcome LockWatch::AskFor(const std::string& sql, std::size_t results) {
  Connection::Message message;
  message.sql = sql;
  message.keep_first = results;
  message.patience = kPatience;
  MessageOutcome outcome = connection_->Send(message);
  if (!outcome.ok() || outcome.rows.size() != results) {
    throw Error(ErrorCode::kConnection, "the watch has seen nothing");
  }
  return outcome;
}

void LockWatch::Ask() {
  const MessageOutcome outcome =
      AskFor(Query(backend_pid_) + ";\n" + LocksSql(backend_pid_, ledger_schema_, connection_->server_version()), 4);
  const Rows& blockers = outcome.rows[0];
  if (!blockers.empty()) {
    blockers_.clear();
    for (std::size_t r = 0; r < blockers.size(); ++r) blockers_ += (r == 0 ? "" : "; ") + Describe(blockers, r, 0);
  }
  SeeVictims(outcome.rows[1]);
  SeeProgress(outcome.rows[2]);
  draft_->Look(outcome.rows[3], Clock::now());
  // Last, and once: a catalog that is too large to be read in time must not keep the locks from being seen.
  if (std::exchange(reads_catalog_, false)) draft_->SeeCatalog(AskFor(BaselineSql(ledger_schema_), 1).rows[0]);
}

void LockWatch::SeeVictims(const Rows& rows) {
  const auto now = Clock::now();
  std::map<std::string, Clock::time_point> seen;
  auto longest = Clock::duration::zero();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto known = victims_.find(rows.At(r, 0));
    const auto since = known == victims_.end() ? now : known->second;
    seen.emplace(rows.At(r, 0), since);
    longest = std::max(longest, now - since);
  }
  victims_ = std::move(seen);
  draft_->SeeVictims(victims_.size(), longest);
  const bool many = budget_.sessions > 0 && victims_.size() > static_cast<std::size_t>(budget_.sessions);
  const bool long_ago = budget_.time.count() > 0 && longest > budget_.time;
  if (many || long_ago) {
    excess_ =
        fmt::format("{} kept waiting, {:.1f} s the longest",
                    Counted(victims_.size(), "session") + (victims_.size() == 1 ? " was" : " were"), Seconds(longest));
  }
}

void LockWatch::SeeProgress(const Rows& rows) {
  progress_.clear();
  if (rows.empty()) return;
  const auto now = Clock::now();
  const long long done = std::atoll(rows.At(0, 1).c_str());
  const long long total = std::atoll(rows.At(0, 2).c_str());
  if (phase_ != rows.At(0, 0)) {
    phase_ = rows.At(0, 0);
    phase_begun_ = now;
    phase_first_ = done;
  }
  progress_ = phase_;
  if (rows.At(0, 5) != "0") progress_ += fmt::format(", {} of {} transactions", rows.At(0, 4), rows.At(0, 5));
  if (!rows.IsNull(0, 6)) progress_ += ", now for " + Describe(rows, 0, 6);
  if (total <= 0) return;
  progress_ += fmt::format(", {} of {} {}", done, total, rows.At(0, 3));
  const double rate = static_cast<double>(done - phase_first_) / std::max(Seconds(now - phase_begun_), 0.1);
  if (rate < 1) return;
  progress_ += fmt::format(", {:.0f}/s, {:.0f} s left", rate, static_cast<double>(total - done) / rate);
}

}  // namespace sqlmig
