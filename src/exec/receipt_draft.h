// Collects what is seen of a step's locks, and makes the receipt of it. Sees nothing itself.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/receipt.h"
#include "pg/connection.h"

namespace sqlmig {

using Oid = std::uint32_t;

class ReceiptDraft {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What the numbers of scans count.
  enum class Scans {
    kThisUnit,  // scans since Begin, or since the baseline where there is one
    kUnknown,   // scans of earlier steps along
  };

  // What stays of an attempt that was rolled back.
  struct Past {
    std::map<Oid, std::chrono::steady_clock::duration> waited;
    int victims = 0;
    std::chrono::steady_clock::duration longest{0};
  };

  // A transaction begins, or a statement outside of one. What was seen before stays.
  void Begin(Time now);
  // The attempt was rolled back: what it waited and who waited because of it.
  Past Fail(Time now);
  // An attempt of the same step went before.
  void Continue(const Past& past);
  // The relations that were there before the step (BaselineSql). Their scans count when they were read in the
  // transaction that has begun.
  void SetBaseline(const Rows& rows, bool with_scans);
  // What another session sees while the step runs (BaselineSql): what the step drops is still there.
  void SeeCatalog(const Rows& rows);
  // One look from outside (LocksSql).
  void Look(const Rows& rows, Time now);
  void SeeVictims(std::size_t sessions, std::chrono::steady_clock::duration longest);
  // The end of what began; `held`: what HeldExpression gave at that moment, empty outside of a transaction.
  void End(const std::string& held, Scans scans, Time now);

  // Relations of which it is not known what they are; with a baseline: none. `all`: also those of which it is not known
  // whether they are the run's own, of a step without a transaction or that shares one.
  std::vector<Oid> Unknown(bool all) const;
  void Learn(const Rows& rows);  // RelationsSql

  Receipt Make() const;

 private:
  struct Facts {
    std::string name;
    char kind = 0;
    std::string filenode;  // before the step; empty: not known
    Oid table = 0;         // of an index
    bool hidden = false;   // TOAST, temporary, the ledger's
    std::int64_t scans = 0;
  };
  // Within the unit that runs.
  struct Sighting {
    std::array<std::optional<Time>, 9> since;  // by level: the last moment at which it was not held
    std::optional<Time> waiting_since;
    int waits_for = 0;
    Time seen{};  // last
  };
  struct Total {
    unsigned levels = 0;  // bit by level
    std::chrono::steady_clock::duration waited{0};
    std::chrono::steady_clock::duration held{0};
    std::optional<std::string> filenode;  // after the step; empty: it has none, or is gone
    std::optional<std::int64_t> scans;
  };

  void Hold(Oid oid, int level, Time now);
  void EndWait(Oid oid, Sighting& sighting, Time now);
  void Close(Oid oid, const Sighting& sighting, Time end);
  bool IsShown(const Facts& facts, const Total& total) const;
  static std::optional<bool> Rewritten(const Facts& facts, const Total& total);

  std::map<Oid, Facts> facts_;
  std::map<Oid, bool> learned_;  // whether the step itself made it
  std::map<Oid, Sighting> sightings_;
  std::map<Oid, Total> totals_;
  Time last_look_{};
  bool baseline_ = false;
  bool outside_ = false;  // something ran outside of a transaction
  int victims_ = 0;
  std::chrono::steady_clock::duration longest_{0};
};

}  // namespace sqlmig
