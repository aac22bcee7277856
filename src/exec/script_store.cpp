#include "exec/script_store.h"

#include <fmt/format.h>

#include "sqltext/down_draft.h"
#include "support/sha256.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

ScriptMode ModeOf(bool transactional) {
  return transactional ? ScriptMode::kTransactional : ScriptMode::kNonTransactional;
}

ScriptHashes HashesOf(const std::string& text) {
  return {Sha256Hex(text), TokenHash(text)};
}

// A script that the ledger stores must be text for the server.
void RequireStorable(const std::string& text, const std::filesystem::path& path) {
  const std::size_t nul = text.find('\0');
  const std::size_t bad = FindInvalidUtf8(text);
  const std::size_t at = std::min(nul, bad);
  if (at == std::string::npos) return;
  throw Error(ErrorCode::kScript, nul <= bad ? "the script holds a NUL byte" : "the script is not valid UTF-8")
      .At({path, PositionOfByte(text, at)})
      .Hint("save the file as UTF-8 text");
}

ScriptStore::EditKind Compare(const std::string& text, const ScriptHashes& applied, int algorithm) {
  if (Sha256Hex(text) == applied.bytes) return ScriptStore::EditKind::kNone;
  const bool same_tokens = algorithm == kHashAlgorithm && TokenHash(text) == applied.tokens;
  return same_tokens ? ScriptStore::EditKind::kLayout : ScriptStore::EditKind::kTokens;
}

// A way back that is still a draft is not recorded: at night it would be none.
void RequireFinished(const std::string& text, const Migration& migration) {
  if (text.find(kUnfinishedMarker) == std::string::npos) return;
  ParseScript(text, migration.down.path, ModeOf(migration.transactional(Direction::kDown)));
}

void MergeInto(StepSettings* settings, const StepSettings& over) {
  for (const auto& [name, value] : over.settings) settings->settings[name] = value;
  if (over.lock_timeout) settings->lock_timeout = over.lock_timeout;
  if (over.statement_timeout) settings->statement_timeout = over.statement_timeout;
  if (over.max_blocked) settings->max_blocked = over.max_blocked;
  if (over.max_blocked_time) settings->max_blocked_time = over.max_blocked_time;
}

// Whoever goes on asks the catalog what has become of the statement that was begun; of another one it would say
// nothing.
void RequireSameBegun(const PreparedStep& step, const AppliedMigration& row) {
  const auto done = static_cast<std::size_t>(row.statements_done);
  if (row.begun_progress.empty() || (done < step.progress.size() && step.progress[done] == row.begun_progress)) return;
  throw Error(ErrorCode::kEdited, fmt::format("statement {} of {} was begun and has perhaps run, and was changed since",
                                              done + 1, step.step.id.str()))
      .At({step.path, {}})
      .Hint(
          fmt::format("bring it back as it was: the run that goes on finds out what has become of it, and what it has "
                      "done is changed by a migration of its own; or finish or undo the step by hand, and then "
                      "'sqlmig repair {} --resolve applied' or '--resolve pending'",
                      step.step.id.str()));
}

// Where a half-done step goes on. Its finished statements must stand in the script as they were run; what follows them
// may have been corrected, unless it was begun.
Resume ResumeOf(const PreparedStep& step, const AppliedMigration& row) {
  const auto done = static_cast<std::size_t>(row.statements_done);
  const bool same = done == 0 || (done <= step.progress.size() && step.progress[done - 1] == row.progress);
  if (same) RequireSameBegun(step, row);
  if (same) return {row.statements_done, row.statement_begun};
  throw Error(ErrorCode::kEdited,
              done == 1 ? fmt::format("the first statement of {} has run, and was changed since", step.step.id.str())
                        : fmt::format("the first {} statements of {} have run, and were changed since", done,
                                      step.step.id.str()))
      .At({step.path, {}})
      .Hint(fmt::format("bring them back as they were; or finish or undo the step by hand, and then 'sqlmig repair {} "
                        "--resolve applied' or '--resolve pending'",
                        step.step.id.str()));
}

void ReadProgress(const Situation& situation, Node node, PreparedStep& step) {
  if (step.step.transactional) return;
  step.progress = ProgressHashes(step.script);
  const AppliedMigration* const row = situation.row[node];
  if (row != nullptr && row->status != AppliedStatus::kApplied) step.resume = ResumeOf(step, *row);
}

}  // namespace

ScriptStore::ScriptStore(const Manifest& manifest, const DatabaseEntry& database)
    : database_(database),
      root_(manifest.folder()),
      ledger_{manifest.ledger.schema, {kLedgerTables.begin(), kLedgerTables.end()}} {}

const std::string& ScriptStore::Text(const std::filesystem::path& path) {
  const auto found = texts_.find(path);
  if (found != texts_.end()) return found->second;
  return texts_.emplace(path, root_.Read(path, kMaxScriptBytes)).first->second;
}

StepSettings ScriptStore::Merged(const Migration& migration) const {
  StepSettings settings = database_.defaults.settings;
  MergeInto(&settings, migration.settings);
  return settings;
}

MigrationRecord ScriptStore::Record(const Migration& migration) {
  MigrationRecord record;
  record.migration = &migration;
  record.hash_algorithm = kHashAlgorithm;
  record.settings = Merged(migration).settings;
  if (migration.up.kind == ScriptRef::Kind::kFile) record.up = HashesOf(Text(migration.up.path));
  switch (migration.down.kind) {
    case ScriptRef::Kind::kNone:
      record.down_kind = DownKind::kNone;
      break;
    case ScriptRef::Kind::kMissing:
      record.down_kind = DownKind::kIrreversible;
      break;
    case ScriptRef::Kind::kFile: {
      const std::string& text = Text(migration.down.path);
      RequireStorable(text, migration.down.path);
      RequireFinished(text, migration);
      record.down = HashesOf(text);
      record.down_kind = HoldsSecret(text) ? DownKind::kSecret : DownKind::kScript;
      if (record.down_kind == DownKind::kScript) record.down_script = text;
      break;
    }
  }
  return record;
}

std::vector<PreparedStep> ScriptStore::Prepare(const Plan& plan, const Situation& situation,
                                               const StoredDownScript& stored) {
  std::vector<PreparedStep> prepared;
  prepared.reserve(plan.steps.size());
  std::vector<Error> problems;
  for (const Step& step : plan.steps) {
    try {
      PreparedStep& ready = prepared.emplace_back();
      ready.step = step;
      const Node node = situation.graph.Find(step.id.str()).value();
      ready.migration = situation.migration[node];
      if (ready.migration == nullptr) {
        ready.path = "ledger:" + step.id.str() + "/down.sql";
        ready.settings = database_.defaults.settings;
        ready.script = ParseScript(stored(step.id), ready.path, ModeOf(step.transactional));
        ReadProgress(situation, node, ready);
        continue;
      }
      ready.settings = Merged(*ready.migration);
      if (step.direction == Direction::kUp) ready.record = Record(*ready.migration);
      const ScriptRef& script = ready.migration->script(step.direction);
      if (script.kind == ScriptRef::Kind::kFile) {
        ready.path = script.path;
        ready.script = ParseScript(Text(script.path), script.path, ModeOf(step.transactional));
        RefuseWritesTo(ledger_, ready.script, script.path);
      }
      ReadProgress(situation, node, ready);
    } catch (const Error& error) {
      problems.push_back(error);
    }
  }
  ThrowAll(std::move(problems));
  return prepared;
}

ScriptStore::EditKind ScriptStore::Edited(const Migration& migration, const AppliedMigration& row,
                                          std::string* problem) {
  if (row.through_replaced) return EditKind::kNone;
  if (migration.up.kind != ScriptRef::Kind::kFile) return row.up.bytes.empty() ? EditKind::kNone : EditKind::kTokens;
  try {
    return Compare(root_.Read(migration.up.path, kMaxScriptBytes), row.up, row.hash_algorithm);
  } catch (const Error& error) {
    if (problem != nullptr) *problem = error.message();
  }
  return EditKind::kTokens;
}

ScriptStore::EditKind ScriptStore::EditedDown(const Migration& migration, const AppliedMigration& row) {
  if (row.status != AppliedStatus::kApplied || row.through_replaced) return EditKind::kNone;
  const bool had_script = row.down_kind == DownKind::kScript || row.down_kind == DownKind::kSecret;
  if (migration.down.kind != ScriptRef::Kind::kFile) return had_script ? EditKind::kTokens : EditKind::kNone;
  if (!had_script) return EditKind::kTokens;
  try {
    return Compare(root_.Read(migration.down.path, kMaxScriptBytes), row.down, row.hash_algorithm);
  } catch (const Error&) {
    return EditKind::kTokens;  // the reader of all scripts says what is wrong with it
  }
}

}  // namespace sqlmig
