#include "cli/check_scripts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>
#include <unordered_map>

#include <fmt/format.h>

#include "ledger/ledger_sql.h"
#include "sqltext/outline.h"
#include "sqltext/schema_writes.h"
#include "sqltext/script.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kWorthAThread = 500;  // migrations

Finding Warning(const char* code, const DatabaseEntry& database, std::string message, TextLocation location,
                std::string hint) {
  Finding finding;
  finding.severity = Finding::Severity::kWarning;
  finding.code = code;
  finding.message = std::move(message);
  finding.location = std::move(location);
  finding.hint = std::move(hint);
  finding.database = database.name;
  return finding;
}

// One migration's scripts. Several may work on different migrations at the same time.
class MigrationChecker {
 public:
  MigrationChecker(const Manifest& manifest, const DatabaseEntry& database, const FileRoot& root)
      : manifest_(manifest),
        database_(database),
        root_(root),
        ledger_{manifest.ledger.schema, {kLedgerTables.begin(), kLedgerTables.end()}} {}

  void Check(const Migration& migration) {
    needless_ = {};
    needs_ = {};
    const bool up_works = CheckOne(migration, Direction::kUp).value_or(migration.up.kind == ScriptRef::Kind::kFile);
    const std::optional<bool> down_works = CheckOne(migration, Direction::kDown);
    AddNeedlessModes(migration);
    if (up_works && down_works && !*down_works) {
      findings.push_back(Warning(
          finding_code::kEmptyScript, database_,
          fmt::format("the script has no statement, so a rollback of {} takes nothing back", migration.id.str()),
          {migration.down.path, {}},
          "write it, or say 'down: none' (nothing to take back) or 'irreversible: <reason>' in the manifest"));
    }
  }

  std::vector<Finding> findings;
  std::size_t scripts = 0;

 private:
  // Whether the script has a statement; nothing without a script that can be understood.
  std::optional<bool> CheckOne(const Migration& migration, Direction direction) {
    const ScriptRef& script = migration.script(direction);
    if (script.kind != ScriptRef::Kind::kFile) return std::nullopt;
    const std::size_t way = direction == Direction::kUp ? 0 : 1;
    needs_[way] = true;
    try {
      std::string text = root_.Read(script.path, kMaxScriptBytes);
      ++scripts;
      const ParsedScript parsed =
          ParseScript(std::move(text), script.path,
                      migration.transactional(direction) ? ScriptMode::kTransactional : ScriptMode::kNonTransactional);
      RefuseWritesTo(ledger_, parsed, script.path);
      AddDoubt(parsed, script);
      needless_[way] = IsNeedless(parsed) && !migration.transactional(direction);
      needs_[way] = !parsed.statements.empty() && !IsNeedless(parsed);
      if (parsed.statements.empty() && direction == Direction::kUp) AddEmptyUp(migration);
      return !parsed.statements.empty();
    } catch (const Error& error) {
      findings.push_back(Located(error, migration, direction));
      return std::nullopt;
    }
  }

  // A file that cannot be read has no place of its own: the manifest's is shown.
  Finding Located(const Error& error, const Migration& migration, Direction direction) const {
    Finding finding = FindingOf(error, database_.name);
    if (error.has_location()) return finding;
    finding.location = manifest_.Location(migration.script(direction).declared_at);
    finding.excerpt = ExcerptAt(manifest_.text, finding.location.at);
    std::error_code ignored;
    if (std::filesystem::exists(root_.folder() / migration.script(direction).path, ignored)) return finding;
    finding.hint = direction == Direction::kUp
                       ? "create the file, or say 'up: none' when there is no SQL"
                       : "create the file, or say 'down: none' (nothing to take back) or 'irreversible: <reason>'";
    return finding;
  }

  void AddDoubt(const ParsedScript& parsed, const ScriptRef& script) {
    if (!parsed.unread.empty()) {
      findings.push_back(Warning(finding_code::kSyntax, database_, "not parsed: " + parsed.unread, {script.path, {}},
                                 "divide it; its syntax is not checked before the server reads it"));
    }
    if (!parsed.doubt) return;
    findings.push_back(Warning(finding_code::kSyntax, database_, parsed.doubt->message, {script.path, parsed.doubt->at},
                               "correct it, or go on when the server is newer than PostgreSQL 15 and knows it"));
    findings.back().excerpt = ExcerptOf(parsed, *parsed.doubt);
  }

  static bool IsNeedless(const ParsedScript& parsed) {
    return !parsed.may_need_no_transaction && !parsed.statements.empty() && parsed.parsed;
  }

  void AddNeedlessModes(const Migration& migration) {
    for (const Direction direction : {Direction::kUp, Direction::kDown}) {
      if (!needless_[direction == Direction::kUp ? 0 : 1]) continue;
      findings.push_back(
          Warning(finding_code::kTransaction, database_,
                  fmt::format("nothing in this script needs 'transaction: false', and without a transaction "
                              "a failure leaves {} half done",
                              migration.id.str()),
                  {migration.script(direction).path, {}}, NeedlessHint(migration, direction)));
    }
  }

  // Whether the other direction has to stay without a transaction.
  std::string NeedlessHint(const Migration& migration, Direction direction) const {
    const bool up = direction == Direction::kUp;
    const Direction other = up ? Direction::kDown : Direction::kUp;
    const std::string where = fmt::format("at {} ({}:{})", migration.id.str(), manifest_.file.filename().string(),
                                          migration.declared_at.line);
    const bool both = migration.transactional(other) || !needs_[up ? 1 : 0];
    if (both) return fmt::format("remove 'transaction:' {}", where);
    return fmt::format("write 'transaction: {{{}: false}}' {}", DirectionName(other), where);
  }

  void AddEmptyUp(const Migration& migration) {
    findings.push_back(Warning(finding_code::kEmptyScript, database_, "the script has no statement",
                               {migration.up.path, {}},
                               "write it, or say 'up: none' in the manifest when there is no SQL"));
  }

  const Manifest& manifest_;
  const DatabaseEntry& database_;
  const FileRoot& root_;
  const KeptTables ledger_;
  std::array<bool, 2> needless_{};  // up, down: without a transaction, and nothing in the script needs that
  std::array<bool, 2> needs_{};     // there is a script, and it may need that
};

std::vector<Finding> CheckShared(const DatabaseEntry& database, const Manifest& manifest) {
  std::vector<Finding> findings;
  std::unordered_map<std::string, const Migration*> owners;
  for (const Migration& migration : database.migrations) {
    for (const Direction direction : {Direction::kUp, Direction::kDown}) {
      const ScriptRef& script = migration.script(direction);
      if (script.kind != ScriptRef::Kind::kFile) continue;
      const auto [owner, added] = owners.emplace(script.path.lexically_normal().string(), &migration);
      if (added) continue;
      findings.push_back(
          Warning(finding_code::kSharedScript, database,
                  fmt::format("'{}' is a script of {} already", script.path.string(), owner->second->id.str()),
                  manifest.Location(script.declared_at), "give each migration a file of its own"));
    }
  }
  return findings;
}

}  // namespace

std::vector<Finding> CheckScripts(const Project& project, const DatabaseEntry& database, std::size_t* scripts) {
  const FileRoot root(project.manifest.folder());
  const std::size_t count = database.migrations.size();
  const std::size_t workers = count < kWorthAThread ? 1 : std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
  std::vector<MigrationChecker> checkers(workers, MigrationChecker(project.manifest, database, root));
  {
    std::vector<std::jthread> threads;
    for (std::size_t worker = 0; worker < workers; ++worker) {
      const auto work = [&checkers, &database, worker, workers, count] {
        for (std::size_t i = count * worker / workers; i < count * (worker + 1) / workers; ++i) {
          checkers[worker].Check(database.migrations[i]);
        }
      };
      worker + 1 == workers ? work() : static_cast<void>(threads.emplace_back(work));
    }
  }
  std::vector<Finding> findings = CheckShared(database, project.manifest);
  for (MigrationChecker& checker : checkers) {
    *scripts += checker.scripts;
    findings.insert(findings.end(), std::make_move_iterator(checker.findings.begin()),
                    std::make_move_iterator(checker.findings.end()));
  }
  return findings;
}

}  // namespace sqlmig
