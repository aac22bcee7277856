#include "exec/script_error.h"

#include <fmt/format.h>

#include "exec/way_out.h"
#include "sqltext/secret.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

std::string Text(const ServerError& error) {
  return error.sqlstate.empty() ? Printable(error.message)
                                : fmt::format("{} ({})", Printable(error.message), error.sqlstate);
}

// The way back has several commands, with what they were told.
std::string Command(Direction direction) {
  return direction == Direction::kUp ? "'sqlmig apply'" : "the command";
}

// What to write in the manifest, so that the other direction stays as it is.
std::string NoTransaction(const PreparedStep& step) {
  const Direction other = step.step.direction == Direction::kUp ? Direction::kDown : Direction::kUp;
  const bool alone = step.migration == nullptr || step.migration->script(other).kind != ScriptRef::Kind::kFile ||
                     !step.migration->transactional(other);
  return alone ? "transaction: false" : fmt::format("transaction: {{{}: false}}", DirectionName(step.step.direction));
}

std::string RolledBackHint(const PreparedStep& step, const ServerError& error) {
  const bool up = step.step.direction == Direction::kUp;
  const std::string way_out = WayOut(step, error);
  return fmt::format("{} {}; {}{} run {} again", step.step.id.str(),
                     up ? "was rolled back" : "is still applied, nothing of its down script was kept",
                     way_out.empty() ? "fix the script" : way_out, way_out.empty() ? " and" : ", then",
                     Command(step.step.direction));
}

// Where in the script's sql the error is: its own position if it lies in the script, else the statement's begin.
std::size_t OffsetInScript(const PreparedStep& step, std::size_t index, const ServerError& error,
                           std::size_t script_begin, std::string_view sent, std::size_t sent_begin) {
  if (error.position > 0) {
    const std::size_t at = ByteOfCharacter(sent, error.position - 1);
    if (at >= script_begin && at - script_begin + sent_begin <= step.script.sql.size())
      return at - script_begin + sent_begin;
  }
  if (index < step.script.statements.size()) return step.script.statements[index].begin;
  return step.script.sql.size();
}

// The statements on the line of `at`, of which at least one sets a password or the like: the server's message without
// what it quotes of them, unless that is surely a name.
std::string Masked(const PreparedStep& step, const ServerError& error, const std::string& message) {
  const bool names = error.sqlstate.starts_with("42") && error.sqlstate != "42601";
  const std::string text = WithoutTextsOf(step.script.original, message);
  return names ? text : WithoutQuotes(text);
}

Error Located(const PreparedStep& step, const ServerError& error, std::size_t offset) {
  const TextPosition at = step.script.PositionInFile(offset);
  const ErrorCode code = error.sqlstate == "55P03" ? ErrorCode::kLockTimeout : ErrorCode::kSql;
  if (LineHoldsSecret(step.script.original, at)) {
    // No line of it is shown, and no context, in which the server repeats statements of functions.
    ServerError masked = error;
    masked.message = Masked(step, error, error.message);
    const std::string hint = Masked(step, error, error.detail.hint);
    return Error(code, Text(masked)).At({step.path, at}).Sql({error.sqlstate, {}, hint, {}});
  }
  return Error(code, Text(error)).At({step.path, at}).Excerpt(ExcerptAt(step.script.original, at)).Sql(error.detail);
}

}  // namespace

Error ScriptError(const PreparedStep& step, std::size_t index, const ServerError& error, std::size_t script_begin,
                  std::string_view sent) {
  Error located = Located(step, error, OffsetInScript(step, index, error, script_begin, sent, 0));
  located.SetHint(RolledBackHint(step, error));
  // The second: a procedure or DO block that ends transactions itself.
  if (error.sqlstate == "25001" || error.sqlstate == "2D000") {
    located.SetHint(fmt::format("PostgreSQL refuses this {} in a transaction block; write '{}' at {} in the manifest",
                                error.sqlstate == "25001" ? "statement" : "COMMIT or ROLLBACK", NoTransaction(step),
                                step.step.id.str()));
  }
  return located;
}

std::string GoesOnHint(const PreparedStep& step, std::size_t done) {
  const std::string command = Command(step.step.direction);
  if (done == 0) return fmt::format("run {} again: it begins with {} again", command, step.step.id.str());
  return fmt::format("run {} again: it goes on with statement {} of {}", command, done + 1, step.step.id.str());
}

Error UnitError(const PreparedStep& step, std::size_t unit, std::size_t index, const ServerError& error,
                std::size_t unit_begin, std::string_view sent) {
  const Unit& range = step.script.units.at(unit);
  const std::size_t in_script = step.script.statements[range.first_statement].begin;
  Error located = Located(step, error, OffsetInScript(step, index, error, unit_begin, sent, in_script));
  const std::string way_out = WayOut(step, error);
  if (unit == 0) {
    located.SetHint(way_out.empty() ? fmt::format("correct the script and run {} again", Command(step.step.direction))
                                    : fmt::format("{}, then run {} again", way_out, Command(step.step.direction)));
  } else {
    located.SetHint(fmt::format("what stands before it is done and recorded; {} {}",
                                way_out.empty() ? "correct the script from here on and" : way_out + ", then",
                                GoesOnHint(step, unit)));
  }
  return located;
}

Error PrefixError(const PreparedStep& step, OwnStatement kind, const ServerError& error) {
  const std::string& id = step.step.id.str();
  switch (kind) {
    case OwnStatement::kLock:
      return Error(ErrorCode::kRunLock, fmt::format("another session has taken the run lock before {}", id))
          .Hint(
              "something released sqlmig's lock, for instance a script that calls pg_advisory_unlock_all(); run the "
              "command again");
    case OwnStatement::kPresence:
      if (error.sqlstate != "22012") break;
      return Error(ErrorCode::kStalePlan,
                   step.step.direction == Direction::kUp
                       ? fmt::format("{} has been applied by somebody else meanwhile; it was not applied twice", id)
                       : fmt::format("{} has been rolled back by somebody else meanwhile", id))
          .Hint("run the command again");
    case OwnStatement::kRole:
    case OwnStatement::kSetting:
      return Error(ErrorCode::kSql, fmt::format("a setting of {} is refused: {}", id, Text(error)))
          .Sql(error.detail)
          .Hint("correct 'settings:' of the migration or under 'defaults:' in the manifest");
    default:
      break;
  }
  return Error(ErrorCode::kSql, fmt::format("cannot begin {}: {}", id, Text(error))).Sql(error.detail);
}

Error SuffixError(const PreparedStep& step, OwnStatement kind, const ServerError& error) {
  const std::string& id = step.step.id.str();
  const TextLocation whole{step.path, {}};
  switch (kind) {
    case OwnStatement::kConstraints:
      return Error(error.sqlstate == "55P03" ? ErrorCode::kLockTimeout : ErrorCode::kSql,
                   fmt::format("a deferred constraint is violated at the end of the script: {}", Text(error)))
          .At(whole)
          .Sql(error.detail)
          .Hint(RolledBackHint(step, error));
    case OwnStatement::kCloseGuard:
      return Error(ErrorCode::kSql,
                   fmt::format("the script of {} ended the step's transaction itself, or closed all "
                               "cursors: what it did before a COMMIT is committed, and nothing is recorded",
                               id))
          .At(whole)
          .Hint(
              fmt::format("look what the script has done and undo it by hand, remove the COMMIT, ROLLBACK or CLOSE ALL "
                          "from it, and run {} again",
                          Command(step.step.direction)));
    case OwnStatement::kUntouched:
      if (error.sqlstate != "22012") break;
      return Error(ErrorCode::kSql, fmt::format("the script of {} has changed the ledger, or locked it to do so", id))
          .At(whole)
          .Hint(fmt::format("{} was rolled back; a script must leave the ledger's schema and its rights alone", id));
    case OwnStatement::kLedgerRow:
      if (error.sqlstate == "23505" || error.sqlstate == "22012")
        return PrefixError(step, OwnStatement::kPresence, {"22012", {}, {}, 0, false});
      if (const std::string way_out = error.sqlstate == "42501" ? std::string() : WayOut(error); !way_out.empty()) {
        return Error(ErrorCode::kSql, fmt::format("the ledger cannot be written after {}: {}", id, Text(error)))
            .At(whole)
            .Sql(error.detail)
            .Hint(RolledBackHint(step, error));
      }
      return Error(ErrorCode::kSql, fmt::format("the ledger cannot be written after {}: {}", id, Text(error)))
          .At(whole)
          .Sql(error.detail)
          .Hint(fmt::format("{} was rolled back; a script must leave the ledger's schema and its rights alone", id));
    default:
      break;
  }
  return Error(ErrorCode::kSql, fmt::format("{} cannot be committed: {}", id, Text(error)))
      .At(whole)
      .Sql(error.detail)
      .Hint(RolledBackHint(step, error));
}

}  // namespace sqlmig
