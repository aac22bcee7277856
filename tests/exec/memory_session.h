// A server in memory, and sessions on it that fail where they are told to. The server outlives its sessions, as a real
// one outlives its clients: what was committed stays, what was open is gone, the lock is free.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exec/session.h"
#include "exec/waiter.h"

namespace sqlmig::testing {

using std::chrono::milliseconds;

// What is committed.
struct MemoryData {
  struct Row {
    AppliedMigration row;
    std::string attempt;
  };
  bool ledger = false;
  std::map<std::string, Row> rows;
  std::map<std::string, std::string> runs;  // id to outcome; empty: no end
  std::vector<std::string> effects;         // "up a", "down a", "up a 1": what scripts did, in order
  std::vector<std::string> events;          // "failed a", "stamped a"

  std::vector<std::string> Applied() const {
    std::vector<std::string> ids;
    for (const auto& [id, row] : rows) {
      if (row.row.status == AppliedStatus::kApplied) ids.push_back(id);
    }
    return ids;
  }
  std::vector<std::string> UnfinishedRuns() const {
    std::vector<std::string> ids;
    for (const auto& [id, outcome] : runs) {
      if (outcome.empty()) ids.push_back(id);
    }
    return ids;
  }
};

class MemorySession;

struct MemoryServer {
  MemoryData data;
  // What a crash leaves: commits of steps are asynchronous, so all since the last synchronous one may be lost, from the
  // last one backwards.
  MemoryData on_disk;
  std::vector<MemoryData> since;  // after each asynchronous commit
  const MemorySession* holder = nullptr;
  milliseconds now{0};  // the test's clock
  std::vector<milliseconds> sleeps;
  std::function<bool(milliseconds)> on_sleep;  // false: interrupted
  double random = 0.5;
  // Somebody else has the lock until then.
  milliseconds locked_until{0};
  // Connections are refused until then.
  milliseconds down_until{0};
  // A backend whose client is gone works on until `locked_until`, then commits this.
  std::optional<MemoryData> ghost;

  void Flush() {
    on_disk = data;
    since.clear();
  }

  void Crash(std::size_t lost) {
    const std::size_t left = since.size() - std::min(lost, since.size());
    data = left == 0 ? on_disk : since[left - 1];
    holder = nullptr;
    Flush();  // recovery writes what it has found
  }

  void LetGhostCommit() {
    if (!ghost || now < locked_until) return;
    data = std::move(*ghost);
    ghost.reset();
    Flush();
  }

  Waiter MakeWaiter() {
    return {[this] { return now; },
            [this](milliseconds time) {
              sleeps.push_back(time);
              now += time;
              return !on_sleep || on_sleep(time);
            },
            [this] { return random; }};
  }
};

// The client's process is killed: no Error, so nothing of the executor catches it.
struct ProcessDeath {};

struct Fault {
  enum class Kind {
    kLostBefore,   // the connection breaks before the server has seen the message
    kLostAfter,    // the message took effect, its answer is lost
    kLostGhost,    // the old backend goes on for five seconds, then the message takes effect
    kDeathBefore,  // the same for the client's process
    kDeathAfter,
    kCrashAll,   // the server crashes before it sees the message, and loses every commit that is not on disk
    kCrashLast,  // the same, and it loses the last of them only
  };
  int call = 0;  // counted from 1
  Kind kind = Kind::kLostBefore;
};

class MemorySession : public Session {
 public:
  explicit MemorySession(MemoryServer& server, std::vector<Fault> faults = {})
      : server_(server), faults_(std::move(faults)) {}
  ~MemorySession() override { Disconnect(); }
  MemorySession(const MemorySession&) = delete;
  MemorySession& operator=(const MemorySession&) = delete;

  // What the server says to a step's script or unit instead of success. kCommitted with `cancelled`: too late.
  std::function<std::optional<StepOutcome>(const PreparedStep&, const Attempt&)> on_step;
  // Writes, by name, in which a signal comes. True: too late to undo them, only a standby's word is missing.
  std::map<std::string, bool> signal_in;
  std::vector<std::string> calls;  // by name, in order
  int reads_of_holder = 0;

  LedgerState ReadState() override {
    return Call("ReadState", [&] {
      LedgerState state;
      state.exists = server_.data.ledger;
      state.version = kLedgerVersion;
      for (const auto& [id, row] : server_.data.rows) state.rows.push_back(row.row);
      std::sort(state.rows.begin(), state.rows.end(),
                [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
      state.unfinished_runs = server_.data.UnfinishedRuns();
      return state;
    });
  }

  std::string ReadDownScript(const MigrationId&) override {
    return Call("ReadDownScript", [] { return std::string("SELECT 1;\n"); });
  }

  std::optional<std::string> ReadAttempt(const MigrationId& id) override {
    return Call("ReadAttempt", [&]() -> std::optional<std::string> {
      const auto found = server_.data.rows.find(id.str());
      if (found == server_.data.rows.end()) return std::nullopt;
      return found->second.attempt;
    });
  }

  std::string AttemptQuery(const MigrationId& id) override { return "SELECT attempt OF " + id.str(); }

  bool TryLock() override {
    return Call("TryLock", [&] {
      const bool free = server_.now >= server_.locked_until && (server_.holder == nullptr || server_.holder == this);
      if (free) {
        server_.LetGhostCommit();
        server_.holder = this;
      }
      return free;
    });
  }

  std::string LockHolder() override {
    ++reads_of_holder;
    return Call("LockHolder", [] { return std::string("pid 7"); });
  }

  void EnsureLedger() override {
    Synchronously("EnsureLedger", [&] { server_.data.ledger = true; });
  }

  bool StartRun(const std::vector<std::string>& abandoned, const RunRecord* run) override {
    return Synchronously("StartRun", [&] {
      for (const std::string& id : abandoned) Close(id, "abandoned");
      if (run != nullptr) server_.data.runs[run->id] = "";
    });
  }

  bool EndRun(const std::string& run, const std::string& outcome, const std::optional<EventRecord>& failure) override {
    return Synchronously("EndRun", [&] {
      if (failure) server_.data.events.push_back(failure->kind + " " + failure->migration);
      Close(run, outcome);
    });
  }

  StepOutcome RunTransactional(const PreparedStep& step, const Attempt& attempt) override {
    attempts.push_back(attempt);
    return Answer("RunTransactional", [&] { return Transact(step, attempt); });
  }

  void BeginUnits(const PreparedStep& step, const Attempt& attempt) override {
    attempts.push_back(attempt);
    Synchronously("BeginUnits", [&] {
      const std::string& id = step.step.id.str();
      const bool up = step.step.direction == Direction::kUp;
      if (up && !step.resume) server_.data.rows[id] = MakeRow(step, attempt, AppliedStatus::kApplying);
      AppliedMigration& row = server_.data.rows.at(id).row;
      if (!up && !step.resume) {
        row.status = AppliedStatus::kReverting;
        row.statements_done = 0;
      }
      const AppliedStatus half = up ? AppliedStatus::kApplying : AppliedStatus::kReverting;
      if (row.status != half || (step.resume && step.resume->done != row.statements_done)) {
        throw Error(ErrorCode::kLedger, "the row is not what it was");
      }
      row.attempt = attempt.id;
      if (up) row.run = attempt.run;
    });
  }

  StepOutcome RunUnit(const PreparedStep& step, std::size_t unit, const Attempt& attempt) override {
    return Answer("RunUnit", [&] {
      const std::optional<StepOutcome> told = on_step ? on_step(step, attempt) : std::nullopt;
      if (told && told->kind != StepOutcome::Kind::kCommitted) return *told;
      AppliedMigration& row = server_.data.rows.at(step.step.id.str()).row;
      if (row.attempt != attempt.id || row.statements_done != static_cast<int>(unit)) {
        return Refuse(StepOutcome::Kind::kStale, ErrorCode::kStalePlan);
      }
      server_.data.effects.push_back(EffectOf(step) + " " + std::to_string(unit + 1));
      row.statements_done = static_cast<int>(unit) + 1;
      server_.Flush();
      return told.value_or(StepOutcome{});
    });
  }

  void EndUnits(const PreparedStep& step, const Attempt& attempt) override {
    Call("EndUnits", [&] {
      if (step.step.direction == Direction::kUp) {
        server_.data.rows.at(step.step.id.str()).row.status = AppliedStatus::kApplied;
      } else {
        server_.data.rows.erase(step.step.id.str());
      }
      server_.Flush();
      return 0;
    });
    if (attempt.full_receipt) receipts_.push_back(step.step);
  }

  bool AbandonUnits(const PreparedStep& step, const Attempt&) override {
    Synchronously("AbandonUnits", [&] {
      if (step.step.direction == Direction::kUp) {
        server_.data.rows.erase(step.step.id.str());
      } else {
        server_.data.rows.at(step.step.id.str()).row.status = AppliedStatus::kApplied;
      }
    });
    return true;
  }

  void ShowTo(StepWitness&, const PreparedStep&) override {}

  std::vector<ReceiptTaken> WriteReceipts() override {
    std::vector<ReceiptTaken> taken;
    for (const Step& step : std::exchange(receipts_, {})) {
      ReceiptTaken& told = taken.emplace_back(ReceiptTaken{step, {}, {}});
      try {
        Call("WriteReceipts", [&] {
          server_.data.events.push_back("receipt " + step.id.str());
          server_.since.push_back(server_.data);
          return true;
        });
      } catch (const Error& error) {
        told.problem = error.message();
      }
    }
    return taken;
  }

  bool Write(const Bookkeeping& work, const std::string& run) override {
    return Synchronously("Write", [&] {
      for (const MigrationRecord& record : work.stamps) {
        MemoryData::Row row;
        row.row.id = record.migration->id;
        row.row.ordinal = record.ordinal != 0 ? record.ordinal : NextOrdinal();
        row.row.run = run;
        row.attempt = record.attempt;
        server_.data.rows[row.row.id.str()] = row;
        server_.data.events.push_back("stamped " + row.row.id.str());
      }
    });
  }

  void Reconnect() override {
    Disconnect();
    if (server_.now < server_.down_until) throw Error(ErrorCode::kConnection, "the server is down");
    connected_ = true;
    Call("Reconnect", [] { return true; });
  }

  std::vector<Attempt> attempts;

 private:
  static Error Lost() { return Error(ErrorCode::kConnection, "the connection was lost"); }

  void Disconnect() {
    open_.reset();
    connected_ = false;
    if (server_.holder == this) server_.holder = nullptr;
  }

  [[noreturn]] void Break(Fault::Kind kind) {
    Disconnect();
    if (kind == Fault::Kind::kDeathBefore || kind == Fault::Kind::kDeathAfter) throw ProcessDeath{};
    throw Lost();
  }

  // One message: what it does is done unless the fault strikes first.
  template <typename Effect>
  auto Call(const std::string& name, const Effect& effect) -> decltype(effect()) {
    calls.push_back(name);
    if (!connected_) throw Lost();
    for (const Fault& fault : faults_) {
      if (fault.call != static_cast<int>(calls.size())) continue;
      if (fault.kind == Fault::Kind::kLostGhost) HauntWith(effect);
      if (fault.kind == Fault::Kind::kCrashAll) server_.Crash(server_.since.size());
      if (fault.kind == Fault::Kind::kCrashLast) server_.Crash(1);
      if (fault.kind == Fault::Kind::kLostAfter || fault.kind == Fault::Kind::kDeathAfter) effect();
      Break(fault.kind);
    }
    return effect();
  }

  // As the writes of Session: false when a signal has kept a standby from confirming it.
  template <typename Effect>
  bool Synchronously(const std::string& name, const Effect& effect) {
    const auto signal = signal_in.find(name);
    return Call(name, [&] {
      if (signal != signal_in.end() && !signal->second) throw Error(ErrorCode::kSignal, "stopped in " + name);
      effect();
      server_.Flush();
      return signal == signal_in.end();
    });
  }

  // The effect comes to light only later, when the old backend lets go of the lock; as long as it does not hold the
  // lock, there is nothing that could be late.
  template <typename Effect>
  void HauntWith(const Effect& effect) {
    const bool locked = server_.holder == this;
    const MemoryData before = server_.data;
    effect();
    if (!locked) return;
    server_.since.clear();
    server_.ghost = std::exchange(server_.data, before);
    server_.locked_until = server_.now + milliseconds(5000);
  }

  template <typename Effect>
  StepOutcome Answer(const std::string& name, const Effect& effect) {
    try {
      return Call(name, effect);
    } catch (const Error& error) {
      StepOutcome outcome;
      outcome.kind = StepOutcome::Kind::kLost;
      outcome.error = error;
      return outcome;
    }
  }

  StepOutcome Transact(const PreparedStep& step, const Attempt& attempt) {
    if (server_.holder != nullptr && server_.holder != this)
      return Refuse(StepOutcome::Kind::kLockLost, ErrorCode::kRunLock);
    if (attempt.begins) {
      open_ = server_.data;
      receipts_.clear();
    }
    if (!open_) return Refuse(StepOutcome::Kind::kRolledBack, ErrorCode::kSql);
    const std::string& id = step.step.id.str();
    const bool up = step.step.direction == Direction::kUp;
    if (open_->rows.contains(id) == up) return Refuse(StepOutcome::Kind::kStale, ErrorCode::kStalePlan);
    const std::optional<StepOutcome> told = on_step ? on_step(step, attempt) : std::nullopt;
    if (told && told->kind != StepOutcome::Kind::kCommitted) {
      open_.reset();
      return *told;
    }
    open_->effects.push_back(EffectOf(step));
    if (up) open_->rows[id] = MakeRow(step, attempt, AppliedStatus::kApplied);
    if (!up) open_->rows.erase(id);
    if (attempt.commits) {
      server_.data = *std::exchange(open_, std::nullopt);
      server_.since.push_back(server_.data);
    }
    if (attempt.full_receipt) receipts_.push_back(step.step);
    return told.value_or(StepOutcome{});
  }

  StepOutcome Refuse(StepOutcome::Kind kind, ErrorCode code) {
    open_.reset();
    StepOutcome outcome;
    outcome.kind = kind;
    outcome.error = Error(code, "refused by the server");
    return outcome;
  }

  static std::string EffectOf(const PreparedStep& step) {
    return std::string(DirectionName(step.step.direction)) + " " + step.step.id.str();
  }

  static MemoryData::Row MakeRow(const PreparedStep& step, const Attempt& attempt, AppliedStatus status) {
    MemoryData::Row row;
    row.row.id = step.step.id;
    row.row.ordinal = step.record.ordinal;
    row.row.run = attempt.run;
    row.row.status = status;
    row.row.attempt = attempt.id;
    for (const Dependency& dependency : step.migration->depends_on) row.row.depends_on.push_back(dependency.id);
    row.attempt = attempt.id;
    return row;
  }

  std::int64_t NextOrdinal() const {
    std::int64_t last = 0;
    for (const auto& [id, row] : server_.data.rows) last = std::max(last, row.row.ordinal);
    return last + 1;
  }

  void Close(const std::string& run, const std::string& outcome) {
    const auto found = server_.data.runs.find(run);
    if (found != server_.data.runs.end() && found->second.empty()) found->second = outcome;
  }

  MemoryServer& server_;
  std::vector<Fault> faults_;
  bool connected_ = true;
  std::vector<Step> receipts_;      // to be written
  std::optional<MemoryData> open_;  // the transaction that has not ended
};

}  // namespace sqlmig::testing
