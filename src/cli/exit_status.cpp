#include "cli/exit_status.h"

#include <csignal>

namespace sqlmig {

int ExitStatusOf(ErrorCode code, int signal) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kConfirmationNeeded:
    case ErrorCode::kNoUrl:
      return exit_status::kUsage;
    case ErrorCode::kIo:
    case ErrorCode::kManifest:
    case ErrorCode::kScript:
    case ErrorCode::kGraph:
    case ErrorCode::kTarget:
    case ErrorCode::kHeads:
    case ErrorCode::kIrreversible:
    case ErrorCode::kServerVersion:
    case ErrorCode::kUnproved:
    case ErrorCode::kMember:
      return exit_status::kInput;
    case ErrorCode::kConnection:
    case ErrorCode::kReadOnly:
    case ErrorCode::kPooler:
      return exit_status::kConnection;
    case ErrorCode::kRunLock:
    case ErrorCode::kLockTimeout:
      return exit_status::kLock;
    case ErrorCode::kSql:
    case ErrorCode::kNotRestored:
      return exit_status::kSql;
    case ErrorCode::kInterrupted:
    case ErrorCode::kEdited:
    case ErrorCode::kLate:
    case ErrorCode::kUnknown:
    case ErrorCode::kStalePlan:
    case ErrorCode::kScope:
    case ErrorCode::kLedger:
      return exit_status::kDecision;
    case ErrorCode::kPartial:
      return exit_status::kPartial;
    case ErrorCode::kOutcomeUnknown:
      return exit_status::kUnknown;
    case ErrorCode::kSignal:
      return 128 + (signal == 0 ? SIGINT : signal);
    case ErrorCode::kInternal:
      return exit_status::kInternal;
  }
  return exit_status::kInternal;
}

}  // namespace sqlmig
