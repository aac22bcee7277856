#include "cli/rollback_proof.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/effects.h"
#include "cli/progress.h"
#include "report/difference_text.h"
#include "sqltext/script.h"
#include "support/counted.h"
#include "verify/one_owner.h"

namespace sqlmig {
namespace {

constexpr std::size_t kShownDifferences = 20;  // JSON has them all
constexpr const char* kSavepoint = "\"sqlmig proof\"";
// Of one statement that reads: a step that is to be proved holds its locks meanwhile.
constexpr const char* kReading = "SET LOCAL search_path = ''; SET LOCAL statement_timeout = '10s'";

// The token hash that the ledger and the file have of the down script; empty: there is none.
std::string HashOfDown(const PreparedStep& step, const AppliedMigration& row) {
  if (step.migration == nullptr) return row.down.tokens;
  return step.path.empty() ? std::string() : TokenHash(step.script.original);
}

// The roles that count as one, with the one who makes anew what a down brings back.
std::vector<std::string> OwnersToday(Connection& connection, const std::string& ledger_schema) {
  std::vector<std::string> owners = ReadOwners(connection, ledger_schema);
  owners.push_back(connection.Query("SELECT pg_catalog.quote_ident(SESSION_USER)").at(0).At(0, 0));
  return owners;
}

// What the effect of a step was kept from must write definitions as this server does.
void RequireSameWords(const KnownEffect& effect, int server_version) {
  const int major = server_version / 10000;
  if (effect.server_major == major) return;
  throw Error(ErrorCode::kUnproved,
              fmt::format("what {} did was kept from PostgreSQL {}, and this server is {}: they write some definitions "
                          "in different ways",
                          effect.id.str(), effect.server_major, major))
      .Hint(fmt::format("run 'sqlmig verify --effects' with a PostgreSQL {} (--shadow-url)", major));
}

std::string ShownLines(const std::vector<Difference>& differences) {
  std::string text;
  for (const char c : DifferenceLines(differences, kShownDifferences)) {
    if (text.empty() || text.back() == '\n') text += "  ";
    text += c;
  }
  return text;
}

Error NotRestoredError(const PreparedStep& step, const std::vector<Difference>& differences) {
  const std::string& id = step.step.id.str();
  return Error(ErrorCode::kNotRestored,
               fmt::format("the down of {} does not bring back what was there before its up: {}", id,
                           Counted(differences.size(), "difference")))
      .At({step.path, {}})
      .Excerpt(ShownLines(differences))
      .Hint(fmt::format(
          "{}; correct the script, or what was changed by hand ('sqlmig drift' tells); without --prove it is a warning",
          step.step.transactional ? "the step was rolled back, " + id + " stays applied"
                                  : id + " is undone all the same, because its down runs without a transaction"));
}

}  // namespace

RollbackProof::RollbackProof(const Project& project, Context& context, const DatabaseEntry& database,
                             const ProofRequest& request)
    : project_(project), context_(context), database_(database), required_(request.required) {
  const bool usual = request.file.empty();
  const std::filesystem::path file = usual ? UsualEffectsFile(project) : std::filesystem::path(request.file);
  std::error_code ignored;
  const bool missing = !std::filesystem::exists(file, ignored);
  if (missing && usual && !required_) return;
  if (missing) {
    throw Error(ErrorCode::kIo, fmt::format("there is no file of effects '{}'", file.string()))
        .Hint("'sqlmig verify --effects' writes it; commit it with the migrations");
  }
  try {
    for (DatabaseEffects& effects : ReadEffects(file)) {
      if (effects.database == database.name) effects_ = std::move(effects);
    }
  } catch (const Error& error) {
    if (required_ || !usual) throw;
    Warn(context, error.message());
  }
}

void RollbackProof::Prepare(const std::vector<PreparedStep>& steps, const Situation& situation, int server_version) {
  known_.clear();
  std::vector<std::string> unknown;
  for (const PreparedStep& step : steps) {
    if (step.step.direction != Direction::kDown) continue;
    const AppliedMigration* const row = situation.row[situation.graph.Find(step.step.id.str()).value()];
    const bool has_hashes = row != nullptr && !row->through_replaced && row->hash_algorithm == kHashAlgorithm;
    const std::string up = has_hashes ? row->up.tokens : std::string();
    const std::string down = has_hashes ? HashOfDown(step, *row) : std::string();
    const KnownEffect* const effect = has_hashes ? effects_.Find(up, down) : nullptr;
    if (effect != nullptr) {
      known_.emplace(step.step.id, *effect);
    } else if (!has_hashes || !up.empty() || !down.empty()) {
      unknown.push_back(step.step.id.str());
    }
  }
  if (!required_) return;
  if (unknown.empty()) {
    for (const auto& [id, effect] : known_) RequireSameWords(effect, server_version);
    return;
  }
  throw Error(ErrorCode::kUnproved, fmt::format("{}: what {} did is not known, so the way back cannot be proved",
                                                database_.name, fmt::join(unknown, ", ")))
      .Hint(
          "'sqlmig verify --effects' keeps it, for scripts as they are now; a script that was edited since it was "
          "applied can only be rolled back without --prove");
}

bool RollbackProof::HoldsCommit(const PreparedStep& step) const {
  return required_ && step.step.direction == Direction::kDown && known_.contains(step.step.id);
}

// A transaction of its own, or a part of the one that is open, which then goes on as it was.
Snapshot RollbackProof::ReadSchema(Connection& connection) const {
  const bool inside = connection.in_transaction();
  const std::string end =
      inside ? fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", kSavepoint) : "ROLLBACK";
  const std::string& ledger = project_.manifest.ledger.schema;
  try {
    connection.Query(fmt::format(
        "{}; {}", inside ? fmt::format("SAVEPOINT {}", kSavepoint) : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        kReading));
    const Snapshot snapshot = WithOneOwner(ReadCatalog(connection, {{ledger}}), OwnersToday(connection, ledger));
    connection.Query(end);
    return snapshot;
  } catch (...) {
    if (connection.alive() && connection.in_transaction()) connection.TryQuery(end);
    throw;
  }
}

void RollbackProof::Look(const PreparedStep& step, Connection& connection) {
  const auto known = known_.find(step.step.id);
  if (step.step.direction != Direction::kDown || known == known_.end()) return;
  StepProof& proof = seen_[step.step.id] = {};
  try {
    RequireSameWords(known->second, connection.server_version());
    proof.differences = NotRestored(known->second.objects, ReadSchema(connection));
  } catch (Error& error) {
    proof.problem = error.message();
    if (!required_) return;  // a lost connection and a signal are found by the next message
    error.AddContext(fmt::format("while what {} has left was compared", step.step.id.str()));
    throw;
  }
  if (required_ && !proof.differences.empty()) throw NotRestoredError(step, proof.differences);
}

std::map<MigrationId, StepProof> RollbackProof::Finish(const RunResult& result) {
  std::map<MigrationId, StepProof> proofs;
  const auto take = [&](const Step& step) {
    const auto seen = seen_.find(step.id);
    if (step.direction != Direction::kDown || seen == seen_.end()) return false;
    return proofs.insert(*seen).second;
  };
  for (const StepResult& done : result.done) {
    if (!take(done.step) || required_) continue;
    const StepProof& proof = seen_[done.step.id];
    const std::string& id = done.step.id.str();
    if (!proof.problem.empty()) {
      Warn(context_, fmt::format("{}: what {} has left could not be compared: {}", database_.name, id, proof.problem));
    }
    if (proof.differences.empty()) continue;
    Warn(context_, fmt::format("{}: the down of {} does not bring back what was there before its up: {}",
                               database_.name, id, Counted(proof.differences.size(), "difference")));
    if (!context_.global.quiet) context_.err << ShownLines(proof.differences);
  }
  if (result.failed) take(result.failed->step);
  return proofs;
}

}  // namespace sqlmig
