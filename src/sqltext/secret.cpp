// Secrets are looked for in statements, in everything quoted inside them, since roles are mostly created by DO blocks
// and EXECUTE, and in comments. In doubt the answer is yes: it costs no more than that the script is not kept in the
// ledger.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqltext/lexer.h"
#include "sqltext/quoted_text.h"
#include "sqltext/scanner.h"
#include "sqltext/script.h"

namespace sqlmig {
namespace {

// DO body, EXECUTE, format() inside it: more levels than people write. Deeper ones are not read, but taken for secret.

// `lower` in `text`, letters compared without regard to case.
bool Mentions(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return LowerAscii(a) == b; }) != text.end();
}

bool MayHoldSecret(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kHints = {"password",     "conninfo", "mapping",
                                                             "subscription", "dblink",   "://"};
  return std::any_of(kHints.begin(), kHints.end(), [&](std::string_view hint) { return Mentions(text, hint); });
}

// scheme://name:password@host, in comments too, or scheme://...?password=. As libpq divides it, '?' and '#' may stand
// in a password.
bool HoldsUrlWithPassword(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::string_view rest = text.substr(at + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/ \t\r\n"));
    const std::size_t host = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (host != std::string_view::npos && colon != std::string_view::npos && colon + 1 < host) return true;
    if (Mentions(rest.substr(0, rest.find_first_of(" \t\r\n")), "password=")) return true;
  }
  return false;
}

// "host=h password = x": a list of key=value pairs from its beginning.
bool HoldsConninfoWithPassword(std::string_view text) {
  Lexer lexer(text);
  std::string_view key;
  for (std::size_t count = 0;; ++count) {
    const Token token = lexer.Next();
    if (token.kind == TokenKind::kEnd) return false;
    const std::string_view now = token.In(text);
    if (count == 0 && token.kind != TokenKind::kWord) return false;
    if (count == 1 && !now.starts_with('=')) return false;
    if (now.starts_with('=') && Mentions(key, "password")) return true;
    key = now;
  }
}

bool OpensConnection(std::string_view function) {
  static constexpr std::array<std::string_view, 6> kFunctions = {"dblink",      "dblink_connect", "dblink_connect_u",
                                                                 "dblink_exec", "dblink_open",    "dblink_send_query"};
  return std::find(kFunctions.begin(), kFunctions.end(), function) != kFunctions.end();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerAscii);
  return lower;
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
  // The names of settings and options are the same in capitals, also in quotes.
  static std::string Word(const Token& token, std::string_view text) {
    if (token.kind == TokenKind::kWord) return Lower(text);
    if (token.kind != TokenKind::kQuotedWord) return {};
    text.remove_prefix(text.find('"') + 1);
    return Lower(text.substr(0, text.size() - 1));
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

// Behind the "*/" of the comment that `text` begins with; they nest.
std::size_t BlockCommentEnd(std::string_view text) {
  std::size_t open = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const std::string_view mark = text.substr(i, 2);
    if (mark != "/*" && mark != "*/") continue;
    open = mark == "/*" ? open + 1 : open - 1;
    ++i;
    if (open == 0) return i + 1;
  }
  return text.size();
}

// One text after the other: the script, then what is quoted in it.
class SecretSearch {
 public:
  explicit SecretSearch(std::string_view text) { todo_.push_back({std::string(text), 0}); }

  bool Finds() {
    while (!todo_.empty()) {
      const Quoted now = std::move(todo_.back());
      todo_.pop_back();
      if (FindsIn(now)) return true;
    }
    return false;
  }

 private:
  struct Quoted {
    std::string text;
    std::size_t depth = 0;
  };

  bool FindsIn(const Quoted& now) {
    if (HoldsUrlWithPassword(now.text)) return true;
    if (now.depth > 0 && HoldsConninfoWithPassword(now.text)) return true;
    SecretFinder finder(now.depth > 0);
    ScriptScanner scanner(now.text);
    TextReader reader;
    std::size_t end = 0;
    joined_.clear();
    joins_ = 0;
    for (Token token = scanner.Next();; token = scanner.Next()) {
      if (Comment({now.text.data() + end, token.begin - end}, now)) return true;
      if (token.kind == TokenKind::kEnd) break;
      end = token.kind == TokenKind::kCopyData ? scanner.position() : token.end;
      if (token.kind == TokenKind::kCopyData) continue;
      const std::string_view found = token.In(now.text);
      if (finder.Sees(token, found)) return true;
      if (token.kind == TokenKind::kUnterminated && Unterminated(found, now)) return true;
      if (token.kind == TokenKind::kQuotedWord && found.find('\'') != std::string_view::npos && Add(found, now)) {
        return true;
      }
      if (found == ";" && Join(now)) return true;
      if (IsText(token.kind) && Text(reader.Read(token, found), now)) return true;
    }
    return Join(now) || finder.SeesAtEnd();
  }

  // Inside quotes and comments, what looks like an open string may be an apostrophe. Outside, what is a string and what
  // stands between two is anybody's guess.
  bool Unterminated(std::string_view found, const Quoted& now) {
    if (now.depth == 0) return MayHoldSecret(now.text);
    return Add(found.substr(1), now);
  }

  bool Text(const std::string& content, const Quoted& now) {
    joined_ += content;
    ++joins_;
    return Add(content, now);
  }

  // EXECUTE 'ALTER ROLE ' || r || ' PASSWORD ' || ...: the strings of a statement together say more than each.
  bool Join(const Quoted& now) {
    const std::string joined = std::exchange(joined_, {});
    return std::exchange(joins_, 0) > 1 && Add(joined, now);
  }

  // What stands between two tokens. Without a quote in it no value is said. Comments in comments stay what they are.
  bool Comment(std::string_view between, const Quoted& now) {
    if (between.find_first_of("'$") == std::string_view::npos) return false;
    std::string lines;
    for (;;) {
      between.remove_prefix(std::min(between.find_first_not_of(" \t\r\n\f\v"), between.size()));
      if (between.empty()) return Add(lines, now);
      const bool block = between.starts_with("/*");
      const std::size_t end = block ? BlockCommentEnd(between) : std::min(between.find('\n'), between.size());
      const std::string_view comment = between.substr(0, end);
      if (block && Add(comment.substr(2, end - std::min<std::size_t>(end, 4)), now)) return true;
      if (!block) lines.append(comment.substr(std::min(comment.find_first_not_of('-'), end))).append("\n");
      between.remove_prefix(end);
    }
  }

  // True: too deep to be read.
  bool Add(std::string_view text, const Quoted& now) {
    if (!MayHoldSecret(text)) return false;
    if (now.depth == kDeepestQuoting) return true;
    todo_.push_back({std::string(text), now.depth + 1});
    return false;
  }

  std::vector<Quoted> todo_;
  std::string joined_;  // what the strings of the statement say
  std::size_t joins_ = 0;
};

}  // namespace

bool HoldsSecret(std::string_view text) {
  return MayHoldSecret(text) && SecretSearch(text).Finds();
}

}  // namespace sqlmig
