#include "sqltext/control_statement.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/lexer.h"

namespace sqlmig {
namespace {

// More options than any BEGIN can have. A subscription may name any number of publications before its options.
constexpr std::size_t kMostWords = 40;
constexpr std::size_t kAllWords = static_cast<std::size_t>(-1);

// The tokens of a statement in lower case, strings with their quotes.
class Words {
 public:
  Words(std::string_view statement, std::size_t most) {
    Lexer lexer(statement);
    for (Token token = lexer.Next(); token.kind != TokenKind::kEnd && words_.size() < most; token = lexer.Next()) {
      const std::string_view text = token.In(statement);
      words_.emplace_back(text);
      std::transform(text.begin(), text.end(), words_.back().begin(), LowerAscii);
    }
  }

  std::string_view operator[](std::size_t i) const { return i < words_.size() ? words_[i] : std::string_view(); }

  // Where these words stand in a row, or npos.
  std::size_t Find(std::initializer_list<std::string_view> row) const {
    const auto at = std::search(words_.begin(), words_.end(), row.begin(), row.end());
    return at == words_.end() ? npos : static_cast<std::size_t>(at - words_.begin());
  }
  bool Has(std::initializer_list<std::string_view> row) const { return Find(row) != npos; }

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  std::vector<std::string> words_;
};

std::string IsolationLevel(const Words& words) {
  const std::size_t at = words.Find({"isolation", "level"});
  if (at == Words::npos) return {};
  const std::string_view first = words[at + 2];
  const std::string_view second = words[at + 3];
  if (first == "serializable") return "SERIALIZABLE";
  if (first == "repeatable" && second == "read") return "REPEATABLE READ";
  if (first == "read" && second == "committed") return "READ COMMITTED";
  if (first == "read" && second == "uncommitted") return "READ UNCOMMITTED";
  return {};
}

ControlStatement ClassifySet(const Words& words) {
  const std::size_t name = words[1] == "local" || (words[1] == "session" && words[2] != "characteristics") ? 2 : 1;
  if (words[name] == "transaction") {
    if (words[name + 1] == "snapshot") return {Control::kSetSnapshot, 0, "SET TRANSACTION SNAPSHOT", {}, false};
    return {Control::kSetTransaction, 0, "SET TRANSACTION", IsolationLevel(words), words.Has({"read", "only"})};
  }
  if (words[name] == "session" && words[name + 1] == "characteristics") {
    return {Control::kSessionDefault, 0, "SET SESSION CHARACTERISTICS", {}, words.Has({"read", "only"})};
  }
  // In quotes too.
  if (words[name].find("standard_conforming_strings") != std::string_view::npos) {
    static constexpr std::string_view kOn[] = {"on", "'on'", "true", "'true'", "yes", "'yes'", "1", "'1'", "default"};
    const bool off = std::find(std::begin(kOn), std::end(kOn), words[name + 2]) == std::end(kOn);
    if (off) return {Control::kForeignStrings, 0, "standard_conforming_strings = off", {}, false};
  }
  return {Control::kSetting, 0, {}, {}, false};
}

ControlStatement ClassifyEnd(const Words& words) {
  const std::string_view first = words[0];
  const bool commits = first == "commit" || first == "end";
  if ((first == "commit" || first == "rollback") && words[1] == "prepared") {
    return {Control::kFinishPrepared, 0, commits ? "COMMIT PREPARED" : "ROLLBACK PREPARED", {}, false};
  }
  const std::size_t next = words[1] == "work" || words[1] == "transaction" ? 2 : 1;
  if (first == "rollback" && words[next] == "to") return {Control::kSavepoint, 0, "ROLLBACK TO", {}, false};
  const bool chains = words[next] == "and" && words[next + 1] == "chain";
  std::string shown(first);
  std::transform(shown.begin(), shown.end(), shown.begin(), [](char c) { return static_cast<char>(c - ('a' - 'A')); });
  if (chains) shown += " AND CHAIN";
  if (!commits) return {Control::kRollback, 0, shown, {}, false};
  return {chains ? Control::kCommitAndChain : Control::kCommit, 0, shown, {}, false};
}

// What PostgreSQL 13 to 18 call PreventInTransactionBlock for, as far as the statement alone says so.
class OutsideClassifier {
 public:
  explicit OutsideClassifier(std::string_view statement) : statement_(statement), lexer_(statement) {
    token_ = lexer_.Next();
  }

  ControlStatement Classify() {
    if (Is("vacuum")) return Found("VACUUM");
    if (Is("call") || Is("do")) return Maybe();
    if (Take("create")) return Create();
    if (Take("drop")) return Drop();
    if (Take("alter")) return Alter();
    if (Take("reindex")) return Reindex();
    if (Take("cluster")) return Cluster();
    return {};
  }

 private:
  ControlStatement Create() {
    if (Is("database")) return Found("CREATE DATABASE");
    if (Is("tablespace")) return Found("CREATE TABLESPACE");
    if (Is("subscription")) return CreateSubscription();
    Take("unique");
    return Take("index") && Is("concurrently") ? Found("CREATE INDEX CONCURRENTLY") : ControlStatement();
  }

  ControlStatement Drop() {
    if (Is("database")) return Found("DROP DATABASE");
    if (Is("tablespace")) return Found("DROP TABLESPACE");
    if (Is("subscription")) return Maybe();
    return Take("index") && Is("concurrently") ? Found("DROP INDEX CONCURRENTLY") : ControlStatement();
  }

  ControlStatement Alter() {
    if (Is("system")) return Found("ALTER SYSTEM");
    if (Is("subscription")) return AlterSubscription();
    if (Is("type")) return Has({"add", "value"}) ? Maybe() : ControlStatement();
    if (Take("database")) return AlterDatabase();
    if (!Is("table") || !Has({"detach", "partition"})) return {};
    return Has({"concurrently"}) ? Found("DETACH PARTITION CONCURRENTLY") : ControlStatement();
  }

  // ALTER DATABASE d [WITH] TABLESPACE = s, as CREATE DATABASE writes it, moves it too.
  ControlStatement AlterDatabase() {
    token_ = lexer_.Next();  // behind the name
    const bool option = !Is("rename") && !Is("owner") && !Is("reset") && !Is("refresh");
    if (Take("set")) return Is("tablespace") ? Found("ALTER DATABASE SET TABLESPACE") : ControlStatement();
    while (option && token_.kind != TokenKind::kEnd && !Is("tablespace")) token_ = lexer_.Next();
    return option && Is("tablespace") ? Found("ALTER DATABASE SET TABLESPACE") : ControlStatement();
  }

  // Makes a slot on the other server, unless it is told not to.
  ControlStatement CreateSubscription() const {
    return IsOff("create_slot") || IsOff("connect") ? ControlStatement() : Found("CREATE SUBSCRIPTION with a slot");
  }

  // Only version 13 takes it there.
  ControlStatement AlterSubscription() const {
    if (Has({"refresh", "publication"})) return Found("ALTER SUBSCRIPTION REFRESH PUBLICATION");
    const bool changes = Has({"set", "publication"}) || Has({"add", "publication"}) || Has({"drop", "publication"});
    if (changes && !IsOff("refresh")) return Found("ALTER SUBSCRIPTION with refresh");
    // These alter the slot on the other server, from version 17 and 18 on; two_phase only when it is switched off.
    if (Sets("failover")) return Found("ALTER SUBSCRIPTION SET (failover)");
    if (Sets("two_phase") && IsOff("two_phase")) return Found("ALTER SUBSCRIPTION SET (two_phase)");
    return Maybe();
  }

  // Among the options of SET (...), not of SET PUBLICATION, whose names may be the same.
  bool Sets(std::string_view option) const { return Has({"set", "("}) && (Has({"(", option}) || Has({",", option})); }

  ControlStatement Reindex() {
    SkipOptions();
    if (Is("database") || Is("system") || Is("schema")) return Found("REINDEX of more than one table");
    // The catalog tells whether the table or index is partitioned.
    if (!Has({"concurrently"}) || Has({"concurrently", "false"}) || Has({"concurrently", "off"})) return Maybe();
    return Found("REINDEX CONCURRENTLY");
  }

  // Without a name it is about all tables.
  ControlStatement Cluster() {
    SkipOptions();
    Take("verbose");
    if (token_.kind == TokenKind::kEnd) return Found("CLUSTER of all tables");
    return Maybe();  // as REINDEX
  }

  bool Is(std::string_view word) const { return IsWord(token_.In(statement_), word); }
  bool Take(std::string_view word) {
    if (!Is(word)) return false;
    token_ = lexer_.Next();
    return true;
  }
  void SkipOptions() {
    if (token_.In(statement_) != "(") return;
    while (token_.kind != TokenKind::kEnd && token_.In(statement_) != ")") token_ = lexer_.Next();
    if (token_.kind != TokenKind::kEnd) token_ = lexer_.Next();
  }
  bool IsOff(std::string_view option) const {
    for (const std::string_view off : {"false", "'false'", "off", "'off'", "0", "'0'", "no", "'no'"}) {
      if (Has({option, "=", off})) return true;
    }
    return false;
  }
  bool Has(std::initializer_list<std::string_view> row) const { return Words(statement_, kAllWords).Has(row); }

  static ControlStatement Found(const char* shown) { return {Control::kOutsideOnly, 0, shown, {}, false}; }
  static ControlStatement Maybe() { return {Control::kMayBeOutside, 0, {}, {}, false}; }

  std::string_view statement_;
  Lexer lexer_;
  Token token_;
};

bool MayBeControl(std::string_view first) {
  static constexpr std::string_view kFirstWords[] = {"begin", "start",   "commit",    "end",     "rollback",
                                                     "abort", "prepare", "savepoint", "release", "set",
                                                     "reset", "close",   "discard"};
  return std::any_of(std::begin(kFirstWords), std::end(kFirstWords),
                     [&](std::string_view word) { return IsWord(first, word); });
}

}  // namespace

ControlStatement ClassifyControl(std::string_view statement) {
  if (!MayBeControl(Lexer(statement).Next().In(statement))) return OutsideClassifier(statement).Classify();
  const Words words(statement, kMostWords);
  const std::string_view first = words[0];
  const std::string_view second = words[1];
  if (first == "begin" || (first == "start" && second == "transaction")) {
    return {Control::kBegin, 0, first == "begin" ? "BEGIN" : "START TRANSACTION", IsolationLevel(words),
            words.Has({"read", "only"})};
  }
  if (first == "commit" || first == "end" || first == "rollback" || first == "abort") return ClassifyEnd(words);
  // A prepared statement may have the name "transaction".
  if (first == "prepare" && second == "transaction" && words[2] != "as" && words[2] != "(") {
    return {Control::kPrepare, 0, "PREPARE TRANSACTION", {}, false};
  }
  if (first == "savepoint") return {Control::kSavepoint, 0, "SAVEPOINT", {}, false};
  if (first == "release") return {Control::kSavepoint, 0, "RELEASE", {}, false};
  if (first == "close" && second == "all") return {Control::kCloseAll, 0, "CLOSE ALL", {}, false};
  if (first == "discard" && second == "all") return {Control::kDiscardAll, 0, "DISCARD ALL", {}, false};
  if (first == "set") return ClassifySet(words);
  if (first == "reset") return {Control::kSetting, 0, {}, {}, false};
  return {};
}

}  // namespace sqlmig
