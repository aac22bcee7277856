#pragma once

#include "support/error.h"

namespace sqlmig {

// What release scripts branch on; the README prints this table.
namespace exit_status {
inline constexpr int kDone = 0;
inline constexpr int kNo = 1;  // the answer is no: pending with --exit-code, findings, check failed, wait timed out
inline constexpr int kUsage = 2;
inline constexpr int kInput = 3;
inline constexpr int kConnection = 4;
inline constexpr int kLock = 5;
inline constexpr int kSql = 6;
inline constexpr int kDecision = 7;
inline constexpr int kPartial = 8;
inline constexpr int kUnknown = 9;
inline constexpr int kInternal = 70;
inline constexpr int kNoOutput = 74;  // the command did its work, and standard output did not take the result
}  // namespace exit_status

// `signal`: the signal that stopped the run, for kSignal (130 for SIGINT, 143 for SIGTERM).
int ExitStatusOf(ErrorCode code, int signal);

}  // namespace sqlmig
