// What happens during a run, as a closed set of values. The executor prints and logs nothing: it tells an observer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "model/plan.h"
#include "model/receipt.h"
#include "support/error.h"

namespace sqlmig {

struct LockWaiting {
  std::string holder;  // who holds the run lock, as far as the server tells
  std::chrono::milliseconds waited{0};
  bool first = false;  // of this wait
};

struct RunStarted {
  std::string run;
  std::size_t steps = 0;
};

struct StepStarted {
  std::size_t number = 1;  // of `steps`, from 1
  std::size_t steps = 1;
  Step step;
};

// A lock, deadlock or serialization failure: rolled back, to be tried again.
struct StepRetried {
  Step step;
  std::string reason;
  std::string blocked_by;  // empty: not known
  int attempt = 1;         // the one that failed
  std::chrono::milliseconds wait{0};
};

struct ServerNotice {
  std::string severity;
  std::string message;
};

// How far a concurrent build of an index is, about every second.
struct UnitProgress {
  Step step;
  std::string text;
};

// One unit of a non-transactional step.
struct UnitFinished {
  Step step;
  std::size_t number = 1;
  std::size_t units = 1;
};

struct StepFinished {
  std::size_t number = 1;
  std::size_t steps = 1;
  Step step;
  std::int64_t duration_ms = 0;  // on the server's clock
};

struct StepFailed {
  std::size_t number = 1;
  std::size_t steps = 1;
  Step step;
  Error error;
};

// Of a step that is done and was slow, or when receipts of all are wanted.
struct ReceiptTaken {
  Step step;
  Receipt receipt;
  std::string problem;  // why it could not be written; the step is done all the same
};

// The connection was lost; what became of the step is found out.
struct ConnectionLost {
  Step step;
  std::string reason;
};

struct OutcomeSettled {
  Step step;
  bool committed = false;
  std::size_t done_units = 0;  // of a non-transactional step that goes on
};

struct RunFinished {
  std::string run;
  std::string outcome;  // "done" or the code of an error
};

using Event = std::variant<LockWaiting, RunStarted, StepStarted, StepRetried, ServerNotice, UnitProgress, UnitFinished,
                           StepFinished, ReceiptTaken, StepFailed, ConnectionLost, OutcomeSettled, RunFinished>;
using Observer = std::function<void(const Event&)>;

}  // namespace sqlmig
