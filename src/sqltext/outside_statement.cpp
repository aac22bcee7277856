#include "sqltext/outside_statement.h"

#include <algorithm>
#include <utility>

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
    } else if (Take("vacuum")) {
      Vacuum();
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
      read_.if_not_exists = Take("not");
      Take("exists");
    }
    if (!Is("on")) read_.names.push_back(TakeName());
    if (!Take("on")) return;
    Take("only");
    read_.table = TakeName();
    read_.index_tail = text_.substr(token_.begin);
    read_.kind = Kind::kCreateIndex;
    read_.holds_weak_locks = true;
  }

  void Drop() {
    if (TakeObject(Kind::kDropDatabase, Kind::kDropTablespace, Kind::kDropSubscription)) return;
    if (!Take("index") || !Take("concurrently")) return;
    SkipIfExists();
    do {
      read_.names.push_back(TakeName());
    } while (TakeSymbol(","));
    read_.kind = Kind::kDropIndex;
    read_.holds_weak_locks = true;
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
    bool concurrently = TakeOption("concurrently");
    using Extent = OutsideStatement::Extent;
    const bool whole = Is("schema") || Is("database") || Is("system");
    read_.extent = Is("table") ? Extent::kTable : Is("schema") ? Extent::kSchema : Extent::kIndex;
    if (Is("database") || Is("system")) read_.extent = Extent::kDatabase;
    if (!whole && !Is("table") && !Is("index")) return;
    Advance();
    concurrently = Take("concurrently") || concurrently;
    if (whole && !concurrently) return;
    const std::string name = TakeName();
    (read_.extent == Extent::kTable ? read_.table : read_.names.emplace_back()) = name;
    read_.holds_weak_locks = concurrently;
    read_.kind = Kind::kReindex;
  }

  void Vacuum() { read_.holds_weak_locks = !TakeOption("full") && !Is("full"); }

  // Takes the options in parentheses; whether this one is among them, and not switched off.
  bool TakeOption(std::string_view option) {
    bool found = false;
    if (!TakeSymbol("(")) return found;
    while (token_.kind != TokenKind::kEnd && !TakeSymbol(")")) {
      const bool here = Take(option);
      if (here) found = !Is("false") && !Is("off") && token_.In(text_) != "0";
      if (!here) Advance();
    }
    return found;
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

// NAMEDATALEN of the server, less the zero behind the name.
constexpr std::size_t kLongestName = 63;

std::string CutName(std::string name) {
  if (name.size() <= kLongestName) return name;
  std::size_t end = kLongestName;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;  // within a character
  name.resize(end);
  return name;
}

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
  return CutName(std::move(name));
}

}  // namespace sqlmig
