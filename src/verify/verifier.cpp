#include "verify/verifier.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "model/server_version.h"
#include "verify/alone.h"
#include "verify/commute.h"
#include "verify/full_order.h"
#include "verify/round_trip.h"
#include "verify/untried.h"
#include "verify/workers.h"

namespace sqlmig {
namespace {

// What a proof costs beside a plain run of a script; only the split into shares depends on it.
constexpr std::size_t kProofWeight = 8;

class Verifier {
 public:
  Verifier(ProofWorld world, const VerifyOptions& options, const VerifyObserver& observer)
      : world_(std::move(world)),
        subject_(world.subject),
        options_(options),
        observer_(observer),
        trips_(subject_.size()) {}

  DatabaseProof Run();

 private:
  std::vector<std::size_t> Shares(std::size_t count) const;
  void ProveShare(std::size_t begin, std::size_t end);
  void TryAlone();
  void FindUnsteadyProbes(Replay& replay);
  bool IsOutOfReach(std::size_t rank) const;
  std::vector<std::size_t> OthersBelow(std::size_t rank) const;
  void TryPairs();
  void TryPairShare(const PairPlan& plan, std::size_t begin, std::size_t end);
  void TryOtherOrder();
  void CompareOrders();
  void CheckProbes();
  bool HasPairFailure() const;
  void ExplainInconclusive();
  bool IsExplained(std::size_t rank, VerifyCode code) const;
  void ExplainAlone();
  void CollectPairs(DatabaseProof* proof);
  void Collect(DatabaseProof* proof);
  void Tell(VerifyProgress progress);

  ProofWorld world_;
  const Subject& subject_;
  const VerifyOptions& options_;
  const VerifyObserver& observer_;
  std::vector<RoundTripResult> trips_;  // by place in plan order; each is written by one thread
  std::vector<char> failed_;            // in plan order, with all before it
  // Those that were proved alone, with what was found where the others are applied.
  std::vector<std::pair<std::size_t, VerifyFinding>> above_;
  std::vector<char> out_of_reach_;     // they fail alone, too, or what they depend on does
  std::optional<OrderEnd> plan_end_;   // all of them in plan order
  std::optional<OrderEnd> other_end_;  // and in another
  PairPlan plan_;
  std::vector<PairResult> pairs_;
  std::vector<VerifyFinding> late_findings_;  // about all
  std::size_t swapped_ = 0;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // of what follows
  std::size_t done_ = 0;
  std::size_t total_ = 0;
};

void Verifier::Tell(VerifyProgress progress) {
  const std::lock_guard lock(mutex_);
  progress.done = ++done_;
  progress.total = total_;
  observer_(progress);
}

// Where each share begins, and the end: the same work in each, as far as one knows.
std::vector<std::size_t> Verifier::Shares(std::size_t count) const {
  std::vector<std::size_t> weights;
  std::size_t all = 0;
  for (std::size_t rank = 0; rank < subject_.size(); ++rank) {
    weights.push_back(subject_.IsProved(rank) || subject_.HasPair(rank) ? kProofWeight : 1);
    all += weights.back();
  }
  std::vector<std::size_t> begins = {0};
  std::size_t sum = 0;
  for (std::size_t rank = 0; rank < weights.size(); ++rank) {
    sum += weights[rank];
    if (begins.size() < count && sum * count >= all * begins.size()) begins.push_back(rank + 1);
  }
  begins.push_back(subject_.size());
  return begins;
}

DatabaseProof Verifier::Run() {
  const auto jobs = static_cast<std::size_t>(std::max(1, options_.jobs));
  for (std::size_t rank = 0; rank < subject_.size(); ++rank) {
    if (subject_.IsProved(rank)) ++total_;
  }
  const std::vector<std::size_t> shares = Shares(jobs);
  RunOnThreads(
      shares.size() - 1, [&](std::size_t i) { ProveShare(shares[i], shares[i + 1]); }, [this] { stopped_ = true; });
  for (const RoundTripResult& trip : trips_) failed_.push_back(trip.proof.up == MigrationProof::Way::kProved ? 0 : 1);
  TryAlone();
  for (std::size_t rank = 0; rank < subject_.size(); ++rank) {
    MigrationProof& proof = trips_[rank].proof;
    if (proof.up == MigrationProof::Way::kNotTried) proof.reason = WhyUntried(subject_, trips_, failed_, rank);
  }
  std::vector<std::optional<Effect>> effects;
  for (RoundTripResult& trip : trips_) effects.push_back(std::move(trip.effect));
  plan_ = PlanPairs(subject_, effects);
  TryPairs();
  DatabaseProof proof;
  Collect(&proof);
  return proof;
}

void Verifier::ProveShare(std::size_t begin, std::size_t end) {
  if (begin == end) return;
  Walk walk(world_);
  while (walk.rank() < begin && !stopped_) walk.Next();
  RoundTrips trips(world_, walk);
  for (std::size_t rank = begin; rank < end && !stopped_; ++rank) {
    trips_[rank] = trips.Next();
    if (!subject_.IsProved(rank)) continue;
    Tell({VerifyProgress::Phase::kMigrations, 0, 0, subject_.At(rank).id.str(), HasFailure(trips_[rank])});
  }
  if (end != subject_.size() || stopped_) return;
  FindUnsteadyProbes(walk.replay());
  if (walk.HasRows()) return;
  plan_end_.emplace();
  plan_end_->schema = walk.replay().ReadSchema();
  plan_end_->answers = AskProbes(world_, walk.replay());
}

// Where all is applied, by the one thread that gets there. What differs in one state would differ by any order.
void Verifier::FindUnsteadyProbes(Replay& replay) {
  std::vector<char> unsteady;
  for (const Probe& probe : subject_.probes()) {
    const Replay::Answer first = replay.Ask(probe.sql);
    const Replay::Answer second = replay.Ask(probe.sql);
    unsteady.push_back(first == second ? 0 : 1);
    if (first == second) continue;
    VerifyFinding finding;
    finding.code = VerifyCode::kProbeUnsteady;
    finding.message = fmt::format("a probe answers otherwise each time it is asked: {}", probe.sql);
    finding.location = probe.at;
    finding.hint =
        "take out what changes by itself, as now() and random() do, and give a LIMIT an ORDER BY; its answers were not "
        "compared";
    late_findings_.push_back(std::move(finding));
  }
  world_.unsteady = std::move(unsteady);
}

bool Verifier::IsOutOfReach(std::size_t rank) const {
  const auto& dependencies = subject_.graph().DependenciesOf(subject_.NodeAt(rank));
  return std::any_of(dependencies.begin(), dependencies.end(),
                     [&](Node node) { return out_of_reach_[subject_.graph().Rank(node)] != 0; });
}

// What is applied before it in the plan's order, and it does not depend on.
std::vector<std::size_t> Verifier::OthersBelow(std::size_t rank) const {
  std::vector<std::size_t> others;
  for (std::size_t before = 0; before < rank; ++before) {
    if (failed_[before] == 0 && !subject_.DependsOn(rank, before)) others.push_back(before);
  }
  return others;
}

// What works alone is proved, and has pairs as all others; which one it collides with is told by these.
void Verifier::TryAlone() {
  AloneTrials alone(world_);
  out_of_reach_.assign(subject_.size(), 0);
  for (std::size_t rank = 0; rank < subject_.size(); ++rank) {
    const bool failed = failed_[rank] != 0;
    if (!failed && !HasFailure(trips_[rank])) continue;
    out_of_reach_[rank] = failed ? 1 : 0;
    if (stopped_ || IsOutOfReach(rank)) continue;
    if (trips_[rank].proof.up != MigrationProof::Way::kNotTried && OthersBelow(rank).empty()) continue;
    std::optional<RoundTripResult> result = alone.Try(rank);
    if (!result || result->proof.up != MigrationProof::Way::kProved) continue;
    out_of_reach_[rank] = 0;
    if (!failed && HasFailure(*result)) continue;
    for (VerifyFinding& finding : trips_[rank].findings) {
      if (finding.note) continue;
      above_.emplace_back(rank, std::move(finding));
      break;
    }
    trips_[rank] = *std::move(result);
  }
}

void Verifier::TryPairs() {
  pairs_.resize(plan_.tasks.size());
  done_ = 0;
  total_ = plan_.tasks.size();
  const std::size_t count =
      std::clamp<std::size_t>(plan_.tasks.size(), 1, static_cast<std::size_t>(std::max(1, options_.jobs)));
  const auto begin_of = [&](std::size_t share) { return plan_.tasks.size() * share / count; };
  RunOnThreads(
      count,
      [&](std::size_t i) {
        if (i == count - 1) TryOtherOrder();
        TryPairShare(plan_, begin_of(i), begin_of(i + 1));
      },
      [this] { stopped_ = true; });
  ExplainInconclusive();
  ExplainAlone();
  CompareOrders();
  CheckProbes();
}

void Verifier::TryPairShare(const PairPlan& plan, std::size_t begin, std::size_t end) {
  if (begin == end) return;
  PairTrials trials(world_);
  for (std::size_t i = begin; i < end && !stopped_; ++i) {
    pairs_[i] = trials.Try(plan.tasks[i]);
    Tell({VerifyProgress::Phase::kPairs, 0, 0,
          fmt::format("{}, {}", pairs_[i].proof.first.str(), pairs_[i].proof.second.str()),
          pairs_[i].finding && !pairs_[i].finding->note});
  }
}

void Verifier::TryOtherOrder() {
  if (plan_.summary.unordered == 0) return;
  const std::vector<std::size_t> order = OtherOrder(subject_);
  std::vector<std::size_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  for (std::size_t second = 0; second < order.size(); ++second) {
    for (std::size_t first = 0; first < second; ++first) {
      const bool run = failed_[first] == 0 && failed_[second] == 0;
      if (run && subject_.IsPair(first, second) && place[first] > place[second]) ++swapped_;
    }
  }
  if (!plan_end_) {  // with rows, which have their place in the plan's order
    std::vector<std::size_t> plan_order(order.size());
    for (std::size_t i = 0; i < plan_order.size(); ++i) plan_order[i] = i;
    plan_end_ = RunFullOrder(world_, plan_order, failed_);
  }
  if (!plan_end_->error) other_end_ = RunFullOrder(world_, order, failed_);
  if (!other_end_ || other_end_->error) swapped_ = 0;  // it was not run to its end
}

void Verifier::CheckProbes() {
  if (!plan_end_) return;
  for (std::size_t i = 0; i < plan_end_->answers.size(); ++i) {
    const Replay::Answer& answer = plan_end_->answers[i];
    if (answer.error.empty()) continue;
    VerifyFinding finding;
    finding.code = VerifyCode::kProbeFailed;
    finding.message = fmt::format("a probe fails when all is applied: {}", answer.error);
    finding.location = subject_.probes()[i].at;
    finding.hint = "correct the query, or remove it from 'probes'";
    late_findings_.push_back(std::move(finding));
  }
}

bool Verifier::HasPairFailure() const {
  const auto is_failure = [](const VerifyFinding& finding) { return finding.code == VerifyCode::kNotCommuting; };
  return std::any_of(late_findings_.begin(), late_findings_.end(), is_failure) ||
         std::any_of(pairs_.begin(), pairs_.end(),
                     [&](const PairResult& pair) { return pair.finding && is_failure(*pair.finding); });
}

// Who fails on the state of a pair without the other's doing lacks a dependency. Where a pair has shown which one, that
// is said once, there.
void Verifier::ExplainInconclusive() {
  std::vector<char> explained(subject_.size(), 0);
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const auto& finding = pairs_[i].finding;
    if (!finding || finding->code != VerifyCode::kNotCommuting) continue;
    explained[plan_.tasks[i].first] = explained[plan_.tasks[i].second] = 1;
  }
  for (const PairResult& pair : pairs_) {
    if (!pair.fails_alone) continue;
    ++plan_.summary.inconclusive;
    const std::size_t rank = *pair.fails_alone;
    if (explained[rank] != 0) continue;
    explained[rank] = 1;
    VerifyFinding finding;
    finding.code = VerifyCode::kNotCommuting;
    finding.migration = subject_.At(rank).id;
    finding.location = subject_.DeclaredAt(rank);
    finding.message = fmt::format("{} fails when only what it depends on is applied: {}", finding.migration.str(),
                                  pair.alone_error->message());
    finding.excerpt = pair.alone_error->excerpt();
    finding.hint = "add to its 'depends_on' what it needs";
    late_findings_.push_back(std::move(finding));
  }
}

bool Verifier::IsExplained(std::size_t rank, VerifyCode code) const {
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const PairResult& pair) {
    const MigrationId& id = subject_.At(rank).id;
    return pair.finding && pair.finding->code == VerifyCode::kNotCommuting &&
           (pair.fails || code != VerifyCode::kUpFailed) && (pair.proof.first == id || pair.proof.second == id);
  });
}

// What no pair has shown: it takes more than two, or both orders of two end the same.
void Verifier::ExplainAlone() {
  AloneTrials alone(world_);
  for (auto& [rank, finding] : above_) {
    if (stopped_ || IsExplained(rank, finding.code)) continue;
    const std::size_t culprit = alone.FindCulprit(rank, OthersBelow(rank));
    late_findings_.push_back(CollisionOf(subject_, culprit, rank, std::move(finding)));
  }
}

// Where pairs differ, they are the reason, and named already.
void Verifier::CompareOrders() {
  if (!other_end_ || (other_end_->error && HasPairFailure())) return;
  auto finding = CompareFullOrders(subject_, *plan_end_, *other_end_);
  if (!finding) return;
  if (HasPairFailure()) {
    // What a pair was found to do is not said again; which others do the rest cannot be told beside it.
    std::set<std::pair<std::string, std::string>> said;
    for (const PairResult& pair : pairs_) {
      if (!pair.finding) continue;
      for (const Difference& difference : pair.finding->differences) said.emplace(difference.kind, difference.object);
    }
    std::erase_if(finding->differences, [&](const Difference& difference) {
      return said.contains({difference.kind, difference.object});
    });
    if (finding->differences.empty()) return;
  } else if (!finding->note) {
    NameCulprits(world_, OtherOrder(subject_), failed_, *plan_end_, &*finding);
  }
  late_findings_.push_back(std::move(*finding));
}

// In the order of the plan, with those that were not tried.
void Verifier::CollectPairs(DatabaseProof* proof) {
  using Place = std::pair<std::size_t, std::size_t>;  // of the second and the first
  std::map<Place, PairResult> by_place;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    by_place[{plan_.tasks[i].second, plan_.tasks[i].first}] = std::move(pairs_[i]);
  }
  for (const auto& pair : plan_.untried) {
    by_place[{pair.second, pair.first}].proof = UntriedPair(subject_, trips_, pair);
  }
  for (auto& [place, pair] : by_place) {
    proof->pairs.push_back(std::move(pair.proof));
    if (pair.finding) proof->findings.push_back(*std::move(pair.finding));
  }
}

void Verifier::Collect(DatabaseProof* proof) {
  proof->database = subject_.database().name;
  proof->summary = plan_.summary;
  proof->summary.checked = pairs_.size();
  proof->summary.swapped = swapped_;
  for (RoundTripResult& trip : trips_) {
    for (VerifyFinding& finding : trip.findings) proof->findings.push_back(std::move(finding));
    if (trip.known) proof->effects.push_back(*std::move(trip.known));
  }
  CollectPairs(proof);
  for (VerifyFinding& finding : late_findings_) proof->findings.push_back(std::move(finding));
  for (VerifyFinding& finding : proof->findings) {
    if (finding.code == VerifyCode::kColumnOrder) finding.note = !options_.strict;
  }
  for (std::size_t rank = 0; rank < subject_.size(); ++rank) {
    if (subject_.IsProved(rank)) {
      proof->migrations.push_back(std::move(trips_[rank].proof));
    } else {
      ++proof->in_base;
    }
  }
}

void RequireServer(const Subject& subject, int server_version) {
  const int major = server_version / 10000;
  std::vector<Error> problems;
  for (std::size_t rank = 0; rank < subject.size(); ++rank) {
    const Migration& migration = subject.At(rank);
    if (!migration.requires_server || IsMetBy(*migration.requires_server, major)) continue;
    problems.push_back(
        Error(ErrorCode::kServerVersion, fmt::format("{} needs a server {}, and this is PostgreSQL {}",
                                                     migration.id.str(), migration.requires_server->text, major))
            .At(subject.DeclaredAt(rank))
            .Hint("name another server with --shadow-url, or the programs of one with "
                  "SQLMIG_EMBEDDED_BIN"));
  }
  ThrowAll(std::move(problems));
}

}  // namespace

DatabaseProof VerifyDatabase(Shadow& shadow, const Subject& subject, const VerifyOptions& options,
                             const ReplaySettings& settings, const VerifyObserver& observer) {
  RequireServer(subject, shadow.server_version());
  VerifyOptions own = options;
  const bool makes_server_objects = MakesServerObjects(subject);
  if (makes_server_objects) own.jobs = 1;
  const ServerGuard guard(shadow);
  const ReplaySettings guarded = guard.Guarded(settings);
  const ScratchDatabase empty = shadow.Create();
  MakeLedger(guarded, empty);
  const ProofWorld world{subject, shadow, guarded, empty, makes_server_objects, options.effects, options.strict};
  return Verifier(world, own, observer).Run();
}

}  // namespace sqlmig
