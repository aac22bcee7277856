#include "sqltext/transaction_control.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sqltext/control_statement.h"
#include "sqltext/lexer.h"
#include "sqltext/outline.h"
#include "sqltext/session_settings.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::string_view kRunsInOne = "the script already runs in one transaction";

class Taker {
 public:
  Taker(const std::filesystem::path& file, ParsedScript& script) : file_(file), script_(script) {
    for (std::size_t i = 0; i < script.statements.size(); ++i) {
      const Statement& statement = script.statements[i];
      ControlStatement found =
          ClassifyControl(std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin));
      if (found.control == Control::kNone) continue;
      script.may_need_no_transaction = script.may_need_no_transaction || MayNeedNone(found.control, statement);
      found.index = i;
      found_.push_back(std::move(found));
    }
  }

  void Transactional() {
    const bool outer = HasOuterPair();
    if (!outer) RefuseSecondBegin();
    std::vector<std::size_t> taken;
    for (const ControlStatement& found : found_) {
      const bool own = outer && (&found == &found_.front() || &found == &found_.back());
      if (own || found.control == Control::kSetTransaction) {
        RefuseReadOnly(found);
        if (!own) RefuseUnlessLeading(found);
        if (!found.isolation_level.empty()) script_.isolation_level = found.isolation_level;
        taken.push_back(found.index);
      } else {
        RefuseInTransaction(found, outer);
      }
    }
    TakeOut(taken);
  }

  void NonTransactional() {
    RefuseUnknownGrammar();
    const ControlStatement* open = nullptr;
    auto found = found_.begin();
    for (std::size_t i = 0; i < script_.statements.size(); ++i) {
      if (found == found_.end() || found->index != i) {
        if (open == nullptr) script_.units.push_back({i, 1, KindOf(i, Control::kNone)});
        continue;
      }
      RefuseInUnits(*found, open != nullptr);
      if (found->control == Control::kBegin) {
        open = &*found;
      } else if (found->control == Control::kCommit) {
        // A read-only block cannot record anything, and has nothing that could be done twice.
        const UnitKind kind = open->read_only ? UnitKind::kOutside : UnitKind::kBlock;
        script_.units.push_back({open->index, i - open->index + 1, kind});
        open = nullptr;
      } else if (open == nullptr) {
        script_.units.push_back({i, 1, KindOf(i, found->control)});
      }
      ++found;
    }
    if (open != nullptr) Refuse(*open, "has no 'COMMIT'", "close the block with 'COMMIT;'");
  }

 private:
  [[noreturn]] void Refuse(const ControlStatement& found, std::string_view what, std::string hint) const {
    const std::size_t begin = OffsetInOriginal(script_, script_.statements[found.index].begin);
    Error error = ErrorAt(script_, file_, begin, fmt::format("'{}' {}", found.shown, what)).Hint(std::move(hint));
    if (!script_.doubt) throw error;
    // What looks like transaction control may be the rest of a function whose quotes are missing.
    const SyntaxDoubt& doubt = *script_.doubt;
    std::vector<Error> others;
    others.push_back(Error(ErrorCode::kScript, doubt.message).At({file_, doubt.at}).Excerpt(ExcerptOf(script_, doubt)));
    throw std::move(error).Also(std::move(others));
  }

  // Statements of a grammar newer than the parser's are not told from each other for sure.
  void RefuseUnknownGrammar() const {
    if (!script_.doubt || script_.statements.size() <= 1) return;
    throw Error(ErrorCode::kScript, script_.doubt->message)
        .At({file_, script_.doubt->at})
        .Excerpt(ExcerptOf(script_, *script_.doubt))
        .Hint(
            "if the server's grammar is newer than this sqlmig's, put the statement into a migration of its own: "
            "without a transaction it must be the only one");
  }

  // Whether a reason to do without a transaction may be found in the statement.
  bool MayNeedNone(Control control, const Statement& statement) const {
    if (control == Control::kOutsideOnly || control == Control::kFinishPrepared) return true;
    if (control != Control::kMayBeOutside) return false;
    const auto text = std::string_view(script_.sql).substr(statement.begin, statement.end - statement.begin);
    const std::string_view first = Lexer(text).Next().In(text);
    if (IsWord(first, "do"))
      return EndsTransactions(text) || MentionsName(text, "call") || MentionsName(text, "execute");
    // A new value of an enum must be committed before it is used: only by something that stands in the same script.
    if (IsWord(first, "alter") && !MayEndTransactions(text)) return script_.statements.size() > 1;
    return true;
  }

  UnitKind KindOf(std::size_t index, Control control) const {
    const Statement& statement = script_.statements[index];
    const auto text = std::string_view(script_.sql).substr(statement.begin, statement.end - statement.begin);
    if (script_.doubt) return UnitKind::kOutside;
    switch (control) {
      case Control::kOutsideOnly:
      case Control::kFinishPrepared:
        return UnitKind::kOutside;
      case Control::kMayBeOutside:
        return MayEndTransactions(text) ? UnitKind::kOutside : UnitKind::kAtomic;
      default:
        break;
    }
    return OnlySets(ReadSettingChanges(text)) ? UnitKind::kSetting : UnitKind::kAtomic;
  }

  // Of statements that the server may refuse in a transaction block. ALTER TYPE ... ADD VALUE it takes there, from
  // version 12 on. What is refused all the same is run without one then.
  static bool MayEndTransactions(std::string_view text) {
    const std::string_view first = Lexer(text).Next().In(text);
    if (IsWord(first, "do")) return EndsTransactions(text);
    if (IsWord(first, "reindex") || IsWord(first, "cluster")) return false;  // only of what is partitioned
    return !IsWord(first, "alter") || MentionsName(text, "subscription");
  }

  bool HasOuterPair() const {
    return found_.size() >= 2 && found_.front().index == 0 && found_.front().control == Control::kBegin &&
           found_.back().index + 1 == script_.statements.size() && found_.back().control == Control::kCommit &&
           std::count_if(found_.begin(), found_.end(),
                         [](const ControlStatement& found) { return found.control == Control::kBegin; }) == 1;
  }

  void RefuseSecondBegin() const {
    const ControlStatement* first = nullptr;
    for (const ControlStatement& found : found_) {
      if (found.control != Control::kBegin) continue;
      if (first != nullptr) {
        Refuse(found, "opens a second transaction, but a migration's script is one",
               "split the script into one migration for each transaction, or set 'transaction: false' for it");
      }
      first = &found;
    }
  }

  void RefuseReadOnly(const ControlStatement& found) const {
    if (!found.read_only) return;
    Refuse(found, "asks for a read-only transaction, but that the migration is applied must be recorded in it",
           "remove 'READ ONLY'");
  }

  // Once a statement has run, the server refuses to change the isolation level.
  void RefuseUnlessLeading(const ControlStatement& found) const {
    std::size_t before = 0;
    for (const ControlStatement& other : found_) {
      if (&other == &found) break;
      const bool harmless = other.control == Control::kSetting || other.control == Control::kSetTransaction ||
                            other.control == Control::kSessionDefault || other.control == Control::kBegin;
      if (harmless) ++before;
    }
    if (before == found.index) return;
    Refuse(found, "comes after other statements", "make it the first statement of the script");
  }

  // What no script may do, transactional or not.
  void RefuseAnywhere(const ControlStatement& found) const {
    if (found.control == Control::kDiscardAll) {
      Refuse(found, "frees the lock that keeps other runs out", "write 'RESET ALL;' or 'DISCARD TEMP;' instead");
    }
    if (found.control == Control::kForeignStrings) {
      Refuse(found, "changes where strings end, but the script is read with the standard's rules",
             "remove it; write strings with backslashes as E'...'");
    }
    if (found.control == Control::kSessionDefault) RefuseReadOnly(found);
  }

  void RefuseInTransaction(const ControlStatement& found, bool outer) const {
    RefuseAnywhere(found);
    const std::string remove = fmt::format("remove it: {}", kRunsInOne);
    switch (found.control) {
      case Control::kBegin:
        Refuse(found, "is not the first statement of a script that ends with 'COMMIT'",
               fmt::format("remove it and its 'COMMIT': {}; or set 'transaction: false'", kRunsInOne));
      case Control::kCommit:
      case Control::kCommitAndChain:
        Refuse(found, outer ? "comes before the last 'COMMIT'" : "ends the transaction that the script runs in",
               remove + ", or set 'transaction: false'");
      case Control::kRollback:
        Refuse(found, "undoes the transaction that the script runs in",
               remove + "; 'ROLLBACK TO SAVEPOINT' is allowed");
      case Control::kPrepare:
        Refuse(found, "takes the transaction away from the session", remove);
      case Control::kFinishPrepared:
        Refuse(found, "cannot run inside a transaction block", "set 'transaction: false' for it");
      case Control::kSetSnapshot:
        Refuse(found, "comes after statements of sqlmig's own", remove);
      case Control::kOutsideOnly:
        Refuse(found, "cannot run in a transaction block",
               "write 'transaction: false' at the migration in the manifest (for one direction: 'transaction: {up: "
               "false}'), best with nothing else in its script");
      case Control::kCloseAll:
        Refuse(found, "closes the cursor that guards the step's transaction", "close the script's cursors by name");
      case Control::kMayBeOutside:
      case Control::kNone:
      case Control::kSetting:
      case Control::kSavepoint:
      case Control::kSetTransaction:
      case Control::kSessionDefault:
      case Control::kDiscardAll:
      case Control::kForeignStrings:
        break;
    }
  }

  void RefuseInUnits(const ControlStatement& found, bool in_block) const {
    RefuseAnywhere(found);
    switch (found.control) {
      case Control::kBegin:
        if (!in_block) break;
        Refuse(found, "stands inside a transaction block", "close the block before it with 'COMMIT;'");
      case Control::kCommit:
        if (in_block) break;
        Refuse(found, "has no 'BEGIN'", "remove it, or open the block with 'BEGIN;'");
      case Control::kCommitAndChain:
        Refuse(found, "opens a transaction that has no 'BEGIN'", "write 'COMMIT; BEGIN;'");
      case Control::kRollback:
        if (!in_block) Refuse(found, "has no 'BEGIN'", "remove it");
        Refuse(found, "undoes its block, which would be recorded as done", "close the block with 'COMMIT;'");
      case Control::kPrepare:
        Refuse(found, "leaves a transaction open that nothing finishes", "write 'COMMIT;'");
      case Control::kFinishPrepared:
        if (!in_block) break;
        Refuse(found, "cannot run inside a transaction block", "move it out of the block");
      case Control::kOutsideOnly:
        if (!in_block) break;
        Refuse(found, "cannot run inside a transaction block", "move it out of the block");
      case Control::kMayBeOutside:
        break;
      case Control::kSavepoint:
        if (in_block) break;
        Refuse(found, "stands outside a transaction block", "put 'BEGIN;' and 'COMMIT;' around what belongs together");
      case Control::kNone:
      case Control::kSetting:
      case Control::kSetTransaction:
      case Control::kSetSnapshot:
      case Control::kSessionDefault:
      case Control::kCloseAll:
      case Control::kDiscardAll:
      case Control::kForeignStrings:
        break;
    }
  }

  // Blanks instead of the statements and their semicolons, so that every other byte keeps its place.
  void TakeOut(const std::vector<std::size_t>& taken) {
    if (taken.empty()) return;
    const auto blank = [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        if (script_.sql[i] != '\n' && script_.sql[i] != '\r') script_.sql[i] = ' ';
      }
    };
    std::vector<Statement> left;
    auto next = taken.begin();
    for (std::size_t i = 0; i < script_.statements.size(); ++i) {
      const Statement& statement = script_.statements[i];
      if (next == taken.end() || *next != i) {
        left.push_back(statement);
        continue;
      }
      ++next;
      blank(statement.begin, statement.end);
      const Token after = Lexer(std::string_view(script_.sql).substr(statement.end)).Next();
      if (after.kind == TokenKind::kSymbol) blank(statement.end + after.begin, statement.end + after.end);
    }
    script_.statements = std::move(left);
  }

  const std::filesystem::path& file_;
  ParsedScript& script_;
  std::vector<ControlStatement> found_;
};

}  // namespace

void TakeTransactionControl(const std::filesystem::path& file, ScriptMode mode, ParsedScript& script) {
  Taker taker(file, script);
  if (mode == ScriptMode::kTransactional) {
    taker.Transactional();
  } else {
    taker.NonTransactional();
  }
}

}  // namespace sqlmig
