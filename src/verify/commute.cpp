#include "verify/commute.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sqlmig {
namespace {

using Verdict = PairProof::Verdict;

constexpr const char* kPairSavepoint = "sqlmig pair";

std::string SavepointBefore(std::size_t number) {
  return fmt::format("sqlmig {}", number);
}

// What is shown of an answer.
std::string AnswerText(const Replay::Answer& answer) {
  if (!answer.error.empty()) return "error: " + answer.error;
  if (answer.rows.empty()) return "no rows";
  return answer.shown;
}

// "depends_on: [a, b]", with what it has and one more.
std::string DependsOnLine(const Migration& migration, const MigrationId& added) {
  std::vector<std::string> ids;
  for (const Dependency& dependency : migration.depends_on) ids.push_back(dependency.id.str());
  ids.push_back(added.str());
  return fmt::format("depends_on: [{}]", fmt::join(ids, ", "));
}

VerifyFinding NewFinding(const Subject& subject, const PairTask& task, VerifyCode code) {
  VerifyFinding finding;
  finding.code = code;
  finding.note = IsNote(code);
  finding.migration = subject.At(task.second).id;
  finding.other = subject.At(task.first).id;
  finding.location = subject.DeclaredAt(task.second);
  return finding;
}

void ShowError(const Error& error, VerifyFinding* finding) {
  finding->excerpt = error.excerpt();
  if (error.has_location() && !error.excerpt().empty()) {
    finding->excerpt = fmt::format("{}:{}:{}\n{}", error.location().file.string(), error.location().at.line,
                                   error.location().at.column, error.excerpt());
  }
}

VerifyFinding OneOrderFails(const Subject& subject, const PairTask& task, const OrderEnd& failed, bool plan_order) {
  VerifyFinding finding = NewFinding(subject, task, VerifyCode::kNotCommuting);
  const std::size_t begins = plan_order ? task.first : task.second;
  const std::size_t other = plan_order ? task.second : task.first;
  finding.message = failed.failed == begins
                        ? fmt::format("{} fails without {}: {}", subject.At(begins).id.str(),
                                      subject.At(other).id.str(), failed.error->message())
                        : fmt::format("{} fails behind {}, and works before it: {}", subject.At(other).id.str(),
                                      subject.At(begins).id.str(), failed.error->message());
  ShowError(*failed.error, &finding);
  SuggestOrder(subject, other, begins, &finding);
  return finding;
}

}  // namespace

void SuggestOrder(const Subject& subject, std::size_t earlier, std::size_t later, VerifyFinding* finding) {
  const Migration& migration = subject.At(later);
  finding->location = subject.DeclaredAt(later);
  finding->hint =
      fmt::format("if {} is to come behind {}, write '{}' there; else change the scripts", migration.id.str(),
                  subject.At(earlier).id.str(), DependsOnLine(migration, subject.At(earlier).id));
}

std::vector<Replay::Answer> AskProbes(const ProofWorld& world, Replay& replay) {
  std::vector<Replay::Answer> answers;
  for (std::size_t i = 0; i < world.subject.probes().size(); ++i) {
    const bool unsteady = i < world.unsteady.size() && world.unsteady[i] != 0;
    answers.push_back(unsteady ? Replay::Answer() : replay.Ask(world.subject.probes()[i].sql));
  }
  return answers;
}

std::vector<Difference> CompareAnswers(const Subject& subject, const std::vector<Replay::Answer>& before,
                                       const std::vector<Replay::Answer>& after) {
  std::vector<Difference> differences;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    differences.push_back({"probe", subject.probes()[i].sql, "answer", AnswerText(before[i]), AnswerText(after[i])});
  }
  return differences;
}

PairResult PairTrials::Try(const PairTask& task) {
  if (walk_.rank() < task.trunk) {
    walk_.replay().RollBack();
    inside_.clear();
    while (walk_.rank() < task.trunk) walk_.Next();
  }
  if (!task.in_copy) {
    if (const auto ends = TryBothInside(task)) return Judge(task, *ends);
  }
  return Judge(task, TryBothInCopies(task));
}

// Applies the rest of the common state in a transaction, keeping what the pair before has in common. False: that is not
// possible; no transaction is open then.
bool PairTrials::ReachInside(const PairTask& task) {
  Replay& replay = walk_.replay();
  const auto [own, wanted] = std::mismatch(inside_.begin(), inside_.end(), task.rest.begin(), task.rest.end());
  const auto common = static_cast<std::size_t>(own - inside_.begin());
  if (common == 0) {
    replay.RollBack();
  } else if (common < inside_.size()) {
    replay.RollBackTo(SavepointBefore(common));
  }
  inside_.resize(common);
  for (std::size_t i = common; i < task.rest.size(); ++i) {
    if (i > 0) replay.SetSavepoint(SavepointBefore(i));
    if (replay.RunInside(world_.subject.Up(task.rest[i]))) {
      inside_.clear();
      return false;
    }
    inside_.push_back(task.rest[i]);
  }
  return true;
}

// Nothing: one of them failed, and the transaction with it. Otherwise all is as before.
std::optional<OrderEnd> PairTrials::TryInside(std::size_t a, std::size_t b) {
  Replay& replay = walk_.replay();
  if (!inside_.empty()) replay.SetSavepoint(kPairSavepoint);
  for (const std::size_t rank : {a, b}) {
    if (!replay.RunInside(world_.subject.Up(rank))) continue;
    inside_.clear();
    return std::nullopt;
  }
  OrderEnd end;
  end.schema = replay.ReadSchema();
  end.answers = AskProbes(world_, replay);
  inside_.empty() ? replay.RollBack() : replay.RollBackTo(kPairSavepoint);
  return end;
}

std::optional<PairTrials::Ends> PairTrials::TryBothInside(const PairTask& task) {
  if (!ReachInside(task)) return std::nullopt;
  auto one = TryInside(task.first, task.second);
  if (!one) return std::nullopt;
  auto other = TryInside(task.second, task.first);
  if (!other) return std::nullopt;
  return Ends{std::move(*one), std::move(*other)};
}

OrderEnd PairTrials::RunOrder(ScratchDatabase given, std::size_t a, std::size_t b) {
  const ServerTurn turn = world_.Turn();
  const ScratchDatabase database = std::move(given);
  Replay replay(world_.settings, database);
  OrderEnd end;
  for (const std::size_t rank : {a, b}) {
    end.failed = rank;
    end.error = replay.Run(world_.subject.Up(rank));
    if (end.error) return end;
  }
  end.schema = replay.ReadSchema();
  end.answers = AskProbes(world_, replay);
  return end;
}

// What a single transaction cannot do: steps that run without one, new values of an enum that are used at once.
PairTrials::Ends PairTrials::TryBothInCopies(const PairTask& task) {
  walk_.replay().RollBack();
  inside_.clear();
  const ServerTurn turn = world_.Turn();
  ScratchDatabase one = walk_.Copy();
  {
    Replay replay(world_.settings, one);
    for (const std::size_t rank : task.rest) {
      if (auto error = replay.Run(world_.subject.Up(rank))) {
        OrderEnd end;
        end.error = std::move(error);
        end.failed = rank;
        return {end, end};
      }
    }
  }
  ScratchDatabase two = world_.shadow.Copy(one);
  OrderEnd first_second = RunOrder(std::move(one), task.first, task.second);
  return {std::move(first_second), RunOrder(std::move(two), task.second, task.first)};
}

PairResult PairTrials::Judge(const PairTask& task, const Ends& ends) const {
  const Subject& subject = world_.subject;
  const OrderEnd& one = ends.first_second;
  const OrderEnd& other = ends.second_first;
  PairResult result;
  result.proof = {subject.At(task.first).id, subject.At(task.second).id, Verdict::kCommutes};
  if (one.error && other.error && one.failed == other.failed) {
    result.proof.verdict = Verdict::kInconclusive;
    result.proof.reason =
        fmt::format("{} fails where just what the two depend on is applied", subject.At(one.failed).id.str());
    result.fails_alone = one.failed;
    result.alone_error = one.error;
    return result;
  }
  if (one.error && other.error) {
    result.proof.verdict = Verdict::kDiffers;
    VerifyFinding finding = NewFinding(subject, task, VerifyCode::kNotCommuting);
    finding.message = fmt::format("{} and {} exclude each other: {}", finding.other.str(), finding.migration.str(),
                                  one.error->message());
    ShowError(*one.error, &finding);
    finding.hint = fmt::format(
        "if both make the same, leave it to {0}: take it out of {1} and write '{2}' there; else change the scripts, so "
        "that both can be applied",
        finding.other.str(), finding.migration.str(), DependsOnLine(subject.At(task.second), finding.other));
    result.finding = std::move(finding);
    result.fails = true;
    return result;
  }
  if (one.error || other.error) {
    result.proof.verdict = Verdict::kDiffers;
    result.finding = OneOrderFails(subject, task, one.error ? one : other, one.error.has_value());
    result.fails = true;
    return result;
  }
  std::vector<Difference> differences;
  if (one.schema->fingerprint() != other.schema->fingerprint()) differences = Compare(*one.schema, *other.schema);
  const bool order_only = std::all_of(differences.begin(), differences.end(), IsColumnOrder);
  const std::vector<Difference> answers = CompareAnswers(subject, one.answers, other.answers);
  differences.insert(differences.end(), answers.begin(), answers.end());
  if (differences.empty()) return result;
  const bool note = order_only && answers.empty();
  result.proof.verdict = note ? Verdict::kColumnOrder : Verdict::kDiffers;
  VerifyFinding finding = NewFinding(subject, task, note ? VerifyCode::kColumnOrder : VerifyCode::kNotCommuting);
  finding.message = fmt::format("{} and {} give {} by their order", finding.other.str(), finding.migration.str(),
                                note         ? "columns in different orders"
                                : order_only ? "different answers"
                                             : "different schemas");
  SuggestOrder(subject, task.first, task.second, &finding);
  finding.differences = std::move(differences);
  result.finding = std::move(finding);
  return result;
}

}  // namespace sqlmig
