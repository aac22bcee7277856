// Places of the run protocol where a run can be made to die, to stop or to wait, in the program as it is shipped: what
// happens after that is a promise that everybody can try.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sqlmig {

// In the order of a run.
inline constexpr std::array<std::string_view, 18> kCrashPoints = {
    "connected",        // the session is open, nothing was asked
    "message_sent",     // any message is with the server, its answer was not read
    "locked",           // the run lock is ours
    "planned",          // under the lock, nothing was written
    "run_started",      // the run's row is written
    "step_begin",       // before the message of a transactional step
    "step_answered",    // its answer is here, nothing was made of it
    "step_proved",      // one that is to be proved has passed, its COMMIT is not sent
    "step_done",        // it is known to be committed
    "units_begun",      // a step without a transaction is in the ledger as begun, or taken over
    "unit_begin",       // before each of its statements
    "unit_intended",    // the intent of one that cannot be recorded with what it does is written
    "unit_unrecorded",  // that one was executed, and is not recorded
    "unit_done",        // the record is written
    "units_end",        // before the step is recorded as finished
    "receipt",          // a step is committed, its receipt is not written
    "run_end",          // all steps are done, the run's end is not written
    "run_ended",        // it is written
};

// POINT[@N]:ACTION, for this process: the N-th time (without it the first) at POINT is to be the last (kill), the
// process is to stop there (stop: SIGSTOP) or to wait (delay=MILLISECONDS). Gives what is wrong with the text; nothing:
// it is set.
std::optional<std::string> SetCrashPoint(std::string_view text);

// Does nothing unless this is the place that was set.
void ReachCrashPoint(std::string_view point);

}  // namespace sqlmig
