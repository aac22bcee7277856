// Secrets are looked for in statements and in everything quoted inside them, since roles are mostly created by DO
// blocks and EXECUTE. In doubt the answer is yes: it costs no more than that the script is not kept in the ledger.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/lexer.h"
#include "sqltext/scanner.h"
#include "sqltext/script.h"

namespace sqlmig {
namespace {

// DO body, EXECUTE, format() inside it: more levels than people write. Deeper ones are not read, but taken for secret.
constexpr std::size_t kDeepestQuoting = 4;

// `lower` in `text`, letters compared without regard to case.
bool Mentions(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return LowerAscii(a) == b; }) != text.end();
}

bool MayHoldSecret(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kHints = {"password", "conninfo", "mapping", "subscription",
                                                             "dblink"};
  return std::any_of(kHints.begin(), kHints.end(), [&](std::string_view hint) { return Mentions(text, hint); });
}

// scheme://name:password@host, in comments too.
bool HoldsUrlWithPassword(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::string_view rest = text.substr(at + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?# \t\r\n'\"<>"));
    const std::size_t host = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (host != std::string_view::npos && colon != std::string_view::npos && colon + 1 < host) return true;
  }
  return false;
}

bool IsText(TokenKind kind) {
  return kind == TokenKind::kString || kind == TokenKind::kStringContinued || kind == TokenKind::kDollarString;
}

// What stands between the quotes.
std::string_view Content(TokenKind kind, std::string_view text) {
  const std::size_t open = kind == TokenKind::kDollarString ? text.find('$', 1) + 1 : text.find('\'') + 1;
  const std::size_t close = kind == TokenKind::kDollarString ? open : 1;
  return text.substr(open, text.size() - open - close);
}

bool OpensConnection(std::string_view function) {
  static constexpr std::array<std::string_view, 6> kFunctions = {"dblink",      "dblink_connect", "dblink_connect_u",
                                                                 "dblink_exec", "dblink_open",    "dblink_send_query"};
  return std::find(kFunctions.begin(), kFunctions.end(), function) != kFunctions.end();
}

// Reads one text token by token; remembers what has been seen of the current statement.
class SecretFinder {
 public:
  // Inside quotes a statement may begin anywhere.
  explicit SecretFinder(bool quoted) : quoted_(quoted) {}

  bool Sees(const Token& token, std::string_view text) {
    std::string word = Word(token, text);
    const bool found = IsSecret(token, text, word);
    if (text == ";") {
      *this = SecretFinder(quoted_);
    } else {
      Follow(word);
      before_ = std::move(word);
      first_ = false;
    }
    return found;
  }

  // Whether a statement about a role breaks off after PASSWORD: what follows is put together at run time.
  bool SeesAtEnd() const { return role_ && before_ == "password"; }

 private:
  static std::string Word(const Token& token, std::string_view text) {
    if (token.kind == TokenKind::kQuotedWord) return std::string(text.substr(1, text.size() - 2));
    if (token.kind != TokenKind::kWord) return {};
    std::string word(text);
    std::transform(word.begin(), word.end(), word.begin(), LowerAscii);
    return word;
  }

  bool IsSecret(const Token& token, std::string_view text, const std::string& word) const {
    if (before_ == "password" && (IsText(token.kind) || (role_ && word != "null"))) return true;
    if (IsText(token.kind) && token.kind != TokenKind::kDollarString && Mentions(text, "password=")) return true;
    if (text == "(" && OpensConnection(before_)) return true;
    return (mapping_ && word == "options") || (subscription_ && word == "connection") || word == "primary_conninfo";
  }

  void Follow(const std::string& word) {
    if ((first_ || quoted_) && (word == "create" || word == "alter")) {
      defines_ = true;
      return;
    }
    if (defines_) {
      role_ = role_ || word == "role" || word == "user" || word == "group";
      subscription_ = subscription_ || word == "subscription";
    }
    mapping_ = mapping_ || (role_ && before_ == "user" && word == "mapping");
    defines_ = false;
  }

  bool quoted_;
  bool first_ = true;     // no token of the statement has been seen
  bool defines_ = false;  // the token before is CREATE or ALTER
  bool role_ = false;
  bool mapping_ = false;
  bool subscription_ = false;
  std::string before_;
};

}  // namespace

bool HoldsSecret(std::string_view text) {
  if (HoldsUrlWithPassword(text)) return true;
  if (!MayHoldSecret(text)) return false;
  struct Quoted {
    std::string_view text;
    std::size_t depth = 0;
  };
  std::vector<Quoted> todo = {{text, 0}};
  while (!todo.empty()) {
    const Quoted now = todo.back();
    todo.pop_back();
    SecretFinder finder(now.depth > 0);
    ScriptScanner scanner(now.text);
    for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
      if (token.kind == TokenKind::kCopyData) continue;
      const std::string_view found = token.In(now.text);
      if (finder.Sees(token, found)) return true;
      if (token.kind == TokenKind::kUnterminated && MayHoldSecret(found)) return true;
      if (!IsText(token.kind) || !MayHoldSecret(found)) continue;
      if (now.depth == kDeepestQuoting) return true;
      todo.push_back({Content(token.kind, found), now.depth + 1});
    }
    if (finder.SeesAtEnd()) return true;
  }
  return false;
}

}  // namespace sqlmig
