// Two migrations that do not depend on each other, in both orders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/pair_plan.h"
#include "verify/result.h"
#include "verify/walk.h"

namespace sqlmig {

// The end of one order of two.
struct OrderEnd {
  std::optional<Snapshot> schema;       // nothing: `error`
  std::vector<Replay::Answer> answers;  // to the subject's probes
  std::optional<Error> error;
  std::size_t failed = 0;  // the one that failed, by its place in plan order
};

struct PairResult {
  PairProof proof;
  std::optional<VerifyFinding> finding;
  bool fails = false;  // `finding` says that one order, or both, cannot be run to its end
  // One of the two that fails on their common state in any order: it needs something that it does not depend on, and
  // that is not the other one. Nothing: none.
  std::optional<std::size_t> fails_alone;
  std::optional<Error> alone_error;
};

// Answers of the database's probes at this state; empty ones of those that are not steady.
std::vector<Replay::Answer> AskProbes(const ProofWorld& world, Replay& replay);

// Differences of answers, as of objects of kind "probe".
std::vector<Difference> CompareAnswers(const Subject& subject, const std::vector<Replay::Answer>& before,
                                       const std::vector<Replay::Answer>& after);

// Lets `later` come behind `earlier` always: place and hint.
void SuggestOrder(const Subject& subject, std::size_t earlier, std::size_t later, VerifyFinding* finding);

// Tries pairs one after the other, each from the state of the one before where that helps.
class PairTrials {
 public:
  explicit PairTrials(const ProofWorld& world) : world_(world), walk_(world) {}

  // REQUIRES: tasks come in the order of the plan.
  PairResult Try(const PairTask& task);

 private:
  struct Ends {
    OrderEnd first_second;
    OrderEnd second_first;
  };
  bool ReachInside(const PairTask& task);
  std::optional<OrderEnd> TryInside(std::size_t a, std::size_t b);
  std::optional<Ends> TryBothInside(const PairTask& task);
  Ends TryBothInCopies(const PairTask& task);
  OrderEnd RunOrder(ScratchDatabase given, std::size_t a, std::size_t b);
  PairResult Judge(const PairTask& task, const Ends& ends) const;

  const ProofWorld& world_;
  Walk walk_;
  std::vector<std::size_t> inside_;  // what the open transaction has applied
};

}  // namespace sqlmig
