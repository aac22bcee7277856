// What ClassifyControl reads in the first words of a statement, against the parse tree of PostgreSQL's parser: for any
// text that it understands.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pg_query.h>

#include "sqltext/control_statement.h"
#include "sqltext/outline.h"
#include "sqltext/script.h"
#include "support/error.h"

namespace sqlmig {

// The tree of one statement as JSON, from its node's name on; "": not understood.
inline std::string TreeOf(std::string_view statement) {
  struct Free {
    void operator()(PgQueryParseResult* result) const { pg_query_free_parse_result(*result); }
  };
  PgQueryParseResult result = pg_query_parse(std::string(statement).c_str());
  const std::unique_ptr<PgQueryParseResult, Free> owner(&result);
  if (result.error != nullptr) return {};
  const std::string tree = result.parse_tree;
  constexpr std::string_view kBeforeNode = R"({"stmt":{")";
  const std::size_t node = tree.find(kBeforeNode);
  return node == std::string::npos ? std::string() : tree.substr(node + kBeforeNode.size());
}

inline Control ControlOfTransaction(std::string_view tree) {
  const auto has = [&](std::string_view part) { return tree.find(part) != std::string_view::npos; };
  const bool chains = has(R"("chain":true)");
  if (has("\"TRANS_STMT_BEGIN\"") || has("\"TRANS_STMT_START\"")) return Control::kBegin;
  if (has("\"TRANS_STMT_COMMIT\"")) return chains ? Control::kCommitAndChain : Control::kCommit;
  if (has("\"TRANS_STMT_ROLLBACK\"")) return Control::kRollback;
  if (has("\"TRANS_STMT_PREPARE\"")) return Control::kPrepare;
  if (has("\"TRANS_STMT_COMMIT_PREPARED\"") || has("\"TRANS_STMT_ROLLBACK_PREPARED\"")) return Control::kFinishPrepared;
  return Control::kSavepoint;
}

inline Control ControlOfSet(std::string_view tree) {
  const auto has = [&](std::string_view part) { return tree.find(part) != std::string_view::npos; };
  if (has(R"("kind":"VAR_SET_MULTI")")) {
    if (has(R"("name":"TRANSACTION SNAPSHOT")")) return Control::kSetSnapshot;
    if (has(R"("name":"SESSION CHARACTERISTICS")")) return Control::kSessionDefault;
    return Control::kSetTransaction;
  }
  return Control::kSetting;
}

// Of a tree whose node's name comes first. kNone: nothing that has to do with transactions.
inline Control ControlOfTree(std::string_view tree) {
  const std::string_view node = tree.substr(0, tree.find('"'));
  const auto has = [&](std::string_view part) { return tree.find(part) != std::string_view::npos; };
  if (node == "TransactionStmt") return ControlOfTransaction(tree);
  if (node == "VariableSetStmt") return ControlOfSet(tree);
  if (node == "DiscardStmt" && has("\"DISCARD_ALL\"")) return Control::kDiscardAll;
  if (node == "ClosePortalStmt" && !has("\"portalname\"")) return Control::kCloseAll;
  const bool concurrent = (node == "IndexStmt" || node == "DropStmt") && has(R"("concurrent":true)");
  const bool alone = node == "CreatedbStmt" || node == "DropdbStmt" || node == "CreateTableSpaceStmt" ||
                     node == "DropTableSpaceStmt" || node == "AlterSystemStmt" ||
                     (node == "VacuumStmt" && has(R"("is_vacuumcmd":true)"));
  if (alone || concurrent) return Control::kOutsideOnly;
  const bool maybe = node == "CallStmt" || node == "DoStmt" || node == "DropSubscriptionStmt" ||
                     (node == "AlterEnumStmt" && !has(R"("oldVal")"));
  return maybe ? Control::kMayBeOutside : Control::kNone;
}

// Where the tree alone does not say it.
inline bool ControlFits(Control found, Control of_tree) {
  if (found == of_tree) return true;
  if (of_tree == Control::kSetting) return found == Control::kForeignStrings;
  // REINDEX, CLUSTER, ALTER TABLE ... DETACH, CREATE and ALTER SUBSCRIPTION say it in options.
  return of_tree == Control::kNone && (found == Control::kOutsideOnly || found == Control::kMayBeOutside);
}

inline std::string ControlProblem(std::string_view text) {
  ParsedScript script;
  Outline outline;
  try {
    outline = ReadOutline(std::string(text), "f.sql", script);
  } catch (const Error&) {
    return {};
  }
  if (outline.rescanned > 1'000'000 || script.sql.size() > 1'000'000) return {};
  for (const Statement& statement : SplitByLexer(outline.segments)) {
    const std::string_view piece =
        std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin);
    const std::string tree = TreeOf(piece);
    if (tree.empty()) continue;
    const ControlStatement found = ClassifyControl(piece);
    if (!ControlFits(found.control, ControlOfTree(tree))) return "transaction control is read wrongly: " + tree;
    const bool modes = found.control == Control::kBegin || found.control == Control::kSetTransaction;
    if (!modes) continue;
    const bool isolation = tree.find("\"transaction_isolation\"") != std::string::npos;
    if (isolation == found.isolation_level.empty()) return "the isolation level is read wrongly: " + tree;
  }
  return {};
}

}  // namespace sqlmig
