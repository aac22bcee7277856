#include "sqltext/outside_statement.h"

#include <algorithm>

#include "sqltext/lexer.h"

namespace sqlmig {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view statement) : text_(statement), lexer_(statement) { Advance(); }

  OutsideStatement Read() {
    if (Take("create")) {
      Create();
    } else if (Take("drop")) {
      Drop();
    } else if (Take("reindex")) {
      Reindex();
    } else if (Take("alter")) {
      Detach();
    }
    return std::move(read_);
  }

 private:
  using Kind = OutsideStatement::Kind;

  void Create() {
    if (TakeObject(Kind::kCreateDatabase, Kind::kCreateTablespace, Kind::kCreateSubscription)) return;
    read_.unique = Take("unique");
    if (!Take("index") || !Take("concurrently")) return;
    if (Take("if")) {
      Take("not");
      Take("exists");
    }
    if (!Is("on")) read_.names.push_back(TakeName());
    if (!Take("on")) return;
    Take("only");
    read_.table = TakeName();
    read_.index_tail = text_.substr(token_.begin);
    read_.kind = Kind::kCreateIndex;
  }

  void Drop() {
    if (TakeObject(Kind::kDropDatabase, Kind::kDropTablespace, Kind::kDropSubscription)) return;
    if (!Take("index") || !Take("concurrently")) return;
    SkipIfExists();
    do {
      read_.names.push_back(TakeName());
    } while (TakeSymbol(","));
    read_.kind = Kind::kDropIndex;
  }

  bool TakeObject(Kind database, Kind tablespace, Kind subscription) {
    const Kind kind = Take("database")       ? database
                      : Take("tablespace")   ? tablespace
                      : Take("subscription") ? subscription
                                             : Kind::kOther;
    if (kind == Kind::kOther) return false;
    SkipIfExists();
    read_.names.push_back(TakeName());
    read_.kind = kind;
    return true;
  }

  void Reindex() {
    if (TakeSymbol("(")) {
      while (token_.kind != TokenKind::kEnd && !TakeSymbol(")")) Advance();
    }
    const bool table = Is("table");
    if (!Take("table") && !Take("index")) return;
    Take("concurrently");
    const std::string name = TakeName();
    (table ? read_.table : read_.names.emplace_back()) = name;
    read_.kind = Kind::kReindex;
  }

  void Detach() {
    if (!Take("table")) return;
    SkipIfExists();
    Take("only");
    read_.table = TakeName();
    if (!Take("detach") || !Take("partition")) return;
    read_.names.push_back(TakeName());
    if (Is("concurrently")) read_.kind = Kind::kDetachPartition;
  }

  void SkipIfExists() {
    if (Take("if")) Take("exists");
  }

  // name, schema.name, database.schema.name
  std::string TakeName() {
    std::string name;
    while (token_.kind == TokenKind::kWord || token_.kind == TokenKind::kQuotedWord) {
      name += token_.In(text_);
      Advance();
      if (!TakeSymbol(".")) break;
      name += '.';
    }
    return name;
  }

  bool Is(std::string_view word) const { return token_.kind == TokenKind::kWord && IsWord(token_.In(text_), word); }
  bool Take(std::string_view word) {
    if (!Is(word)) return false;
    Advance();
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (token_.kind == TokenKind::kEnd || token_.In(text_) != symbol) return false;
    Advance();
    return true;
  }
  void Advance() { token_ = lexer_.Next(); }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  OutsideStatement read_;
};

}  // namespace

OutsideStatement ReadOutsideStatement(std::string_view statement) {
  return Reader(statement).Read();
}

std::string StoredName(std::string_view written) {
  Lexer lexer(written);
  std::string name;
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
    const std::string_view text = token.In(written);
    if (text == ".") continue;
    name.assign(text);
    if (token.kind != TokenKind::kQuotedWord) {
      std::transform(name.begin(), name.end(), name.begin(), LowerAscii);
      continue;
    }
    if (name.size() < 2 || name.front() != '"') continue;  // U&"..." is left as it is
    name = name.substr(1, name.size() - 2);
    for (std::size_t at = name.find("\"\""); at != std::string::npos; at = name.find("\"\"", at + 1)) name.erase(at, 1);
  }
  return name;
}

}  // namespace sqlmig
