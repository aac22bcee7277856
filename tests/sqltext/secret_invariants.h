// A statement that sets a secret, quoted and commented in every way: it must be recognised, and whatever is wrong with
// the script, no error may show it. Shared by the fuzz target and the replays of tests/fuzz/corpus/secret.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/outline.h"
#include "sqltext/scanner.h"
#include "sqltext/script.h"
#include "sqltext/secret.h"
#include "support/error.h"
#include "support/mask_passwords.h"
#include "support/text_position.h"

namespace sqlmig {

inline constexpr std::string_view kPlantedSecret = "qz7xwvkjqy";

// '~' is a place for blanks and comments, '#' the secret.
inline constexpr std::array<std::string_view, 18> kSecretStatements = {
    "CREATE~ROLE~a~LOGIN~PASSWORD~'#'",
    "ALTER~USER~a~WITH~ENCRYPTED~PASSWORD~'#'~VALID UNTIL~'infinity'",
    "alter~group~a~password~'#'",
    "CREATE~USER~MAPPING~FOR~a~SERVER~s~OPTIONS~(user 'a',~password~'#')",
    "ALTER~USER~MAPPING~FOR~a~SERVER~s~OPTIONS~(SET~\"PASSWORD\"~'#')",
    "CREATE~SUBSCRIPTION~s~CONNECTION~'host=h password=#'~PUBLICATION~p",
    "ALTER~SUBSCRIPTION~s~CONNECTION~'postgresql://u:#@h/d'",
    "ALTER~SYSTEM~SET~primary_conninfo~=~'host=h password=#'",
    "ALTER~SYSTEM~SET~\"PRIMARY_CONNINFO\"~TO~'user=u password=# sslmode=require'",
    "SELECT~dblink_connect~(~'c',~'host=h password=#')",
    "SELECT~*~FROM~dblink~('password = # host=h',~'SELECT 1')~AS~t (a int)",
    "COMMENT ON SERVER~s~IS~'postgresql://u:a#b@h/d'",
    "COMMENT ON SERVER~s~IS~'postgresql:///d?host=h&password=#'",
    "CREATE SERVER~s~FOREIGN DATA WRAPPER~w~OPTIONS~(host 'h',~password~'#')",
    "SELECT~f('host=h password = #')",
    "SELECT~f('user=u sslpassword=#')",
    "INSERT INTO~t~VALUES~(1,~'postgres://u:a?#@h/d')",
    // Last: without the quotes that it must have.
    "ALTER~ROLE~a~PASSWORD~#",
};

inline std::string InQuotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

inline std::string InEscapes(std::string_view text) {
  std::string quoted = "E'";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "'";
}

// Draws choices from the input; none left: 0.
class Choices {
 public:
  explicit Choices(std::string_view input) : input_(input) {}

  std::size_t Below(std::size_t limit) {
    if (input_.empty()) return 0;
    const auto choice = static_cast<unsigned char>(input_[0]);
    input_.remove_prefix(1);
    return choice % limit;
  }
  std::string_view rest() const { return input_; }

 private:
  std::string_view input_;
};

struct PlantedScript {
  std::string statement;  // with the secret, as a whole
  bool masked = false;    // it holds the secret as a URL or as password=... do, which MaskPasswords knows
  std::string text;
  bool whole = true;  // nothing but whole statements stands around it
  bool open = false;  // what stands before it makes it no statement of its own: an open string turns its quotes over
};

// Letters of keywords in either case, what stands in quotes and the secret as they are.
inline std::string SpelledOut(std::string_view form, Choices& choices) {
  static constexpr std::array<std::string_view, 6> kBlanks = {" ",           "\n",  "\t \r\n", " /* it's; */ ",
                                                              " -- don't\n", "/**/"};
  std::string text;
  bool quoted = false;
  for (const char c : form) {
    if (c == '\'') quoted = !quoted;
    if (c == '#') {
      text += kPlantedSecret;
    } else if (c == '~') {
      text += kBlanks[choices.Below(kBlanks.size())];
    } else if (!quoted && c >= 'A' && c <= 'Z' && choices.Below(8) == 7) {
      text += static_cast<char>(c + ('a' - 'A'));
    } else {
      text += c;
    }
  }
  return text;
}

// EXECUTE 'a' || quote_ident('') || 'b': cut into pieces at blanks.
inline std::string InPieces(std::string_view text, Choices& choices) {
  std::string pieces;
  std::string piece;
  for (const char c : text) {
    piece += c;
    if (c != ' ' || choices.Below(3) != 1) continue;
    pieces += InQuotes(piece) + " || ";
    piece.clear();
  }
  return pieces + InQuotes(piece);
}

inline constexpr std::size_t kQuotings = 11;

inline std::string Nested(const std::string& statement, std::size_t quoting, bool bare, Choices& choices) {
  switch (quoting) {
    case 1:
      return "DO $$ BEGIN " + statement + "; END $$";
    case 2:
      return "DO " + InQuotes("BEGIN " + statement + "; END");
    case 3:
      return "DO $do$ BEGIN EXECUTE " + InQuotes(statement) + "; END $do$";
    case 4:
      return "DO $do$ BEGIN EXECUTE " + InEscapes(statement) + "; END $do$";
    case 5:
      return "DO $do$ BEGIN EXECUTE " + InPieces(statement, choices) + "; END $do$";
    case 6:
      return "DO $do$ BEGIN EXECUTE " + InQuotes("DO $x$ BEGIN EXECUTE " + InQuotes(statement) + "; END $x$") +
             "; END $do$";
    case 7:
      return "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS " + InEscapes("BEGIN\n" + statement + ";\nEND");
    case 8:
      return bare ? statement : "SELECT 1 /* " + statement + " */";
    case 9:
      return "DO $do$ BEGIN EXECUTE format($q$" + statement + "$q$, 'a', 'b'); END $do$";
    case 10:
      return "PREPARE q AS SELECT " + InQuotes(statement);
    default:
      return statement;
  }
}

// In the middle of a string or of COPY data; without quotes around the secret, in that of a statement.
inline bool EndsOpen(std::string_view text, bool bare) {
  ScriptScanner scanner(text);
  TokenKind last = TokenKind::kEnd;
  bool statement = false;
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
    last = token.kind;
    statement = !scanner.statement_ended();
  }
  return last == TokenKind::kUnterminated || last == TokenKind::kCopyData || scanner.is_copy_from_stdin() ||
         (bare && statement);
}

// The first bytes choose the statement and how it is quoted, the rest stands around it: as it is, or whole statements.
inline PlantedScript Planted(std::string_view input) {
  Choices choices(input);
  PlantedScript script;
  const std::size_t form = choices.Below(kSecretStatements.size());
  script.whole = choices.Below(2) == 0;
  const std::size_t quoting = choices.Below(kQuotings);
  const bool bare = form + 1 == kSecretStatements.size();
  const std::string_view wanted = kSecretStatements[form];
  script.masked = wanted.find("=#") != std::string_view::npos || wanted.find("://") != std::string_view::npos;
  script.statement = Nested(SpelledOut(kSecretStatements[form], choices), quoting, bare, choices);
  if (script.whole) {
    static constexpr std::array<std::string_view, 5> kBefore = {"", "SELECT 1;", "-- it's\nSELECT 'a;';\n",
                                                                "COPY t FROM stdin;\npassword 'x\n\\.\n", "BEGIN;"};
    static constexpr std::array<std::string_view, 5> kAfter = {"", ";", "; COMMIT; BEGIN;", ";\nSELECT 1", "; \\x"};
    const std::string_view before = kBefore[choices.Below(kBefore.size())];
    script.text = std::string(before) + script.statement + std::string(kAfter[choices.Below(kAfter.size())]);
    return script;
  }
  const std::string_view rest = choices.rest();
  const std::size_t middle = std::min(rest.find('\x01'), rest.size());
  script.text = std::string(rest.substr(0, middle)) + script.statement;
  script.open = EndsOpen(rest.substr(0, middle), bare);
  if (middle < rest.size()) script.text += rest.substr(middle + 1);
  return script;
}

inline bool ShowsSecret(const Error& error) {
  const auto holds = [](const std::string& text) { return text.find(kPlantedSecret) != std::string::npos; };
  bool found = holds(error.what()) || holds(error.message()) || holds(error.hint()) || holds(error.excerpt()) ||
               holds(error.sql().detail) || holds(error.sql().hint) || holds(error.sql().context);
  for (const std::string& context : error.context()) found = found || holds(context);
  for (const Error& other : error.also()) found = found || ShowsSecret(other);
  return found;
}

inline bool ShowsSecret(std::string_view text) {
  return text.find(kPlantedSecret) != std::string_view::npos;
}

// Calls `check` with the script in each mode in which it is accepted, until there is a problem.
template <class Check>
std::string ProblemInAnyMode(const PlantedScript& planted, Check check) {
  for (const ScriptMode mode : {ScriptMode::kTransactional, ScriptMode::kNonTransactional}) {
    if (planted.open) return {};
    std::string problem;
    try {
      problem = check(ParseScript(planted.text, "up.sql", mode));
    } catch (const Error& error) {
      if (ShowsSecret(error)) problem = "in the error: " + std::string(error.what()) + "\n" + error.excerpt();
    }
    if (!problem.empty()) return problem + "\n----\n" + planted.text;
  }
  return {};
}

inline std::string DoubtProblem(const ParsedScript& script) {
  if (!script.doubt) return {};
  const std::string shown = script.doubt->message + ExcerptOf(script, *script.doubt);
  return ShowsSecret(shown) ? "in what the parser complains of: " + shown : "";
}

// The lines of a script that holds nothing but whole statements, and one line that it does not have.
inline std::string LinesProblem(const PlantedScript& planted) {
  const auto lines = 2 + static_cast<int>(std::count(planted.text.begin(), planted.text.end(), '\n'));
  for (int line = 0; line <= lines; ++line) {
    const std::string shown = ExcerptWithoutSecret(planted.text, {line, 1});
    if (planted.whole && ShowsSecret(shown)) return "in line " + std::to_string(line) + ": " + planted.text;
  }
  return {};
}

// What a message repeats of the statement.
inline std::string MessageProblem(const PlantedScript& planted) {
  const std::string message = "at \"" + std::string(kPlantedSecret) + "\" of \"" + planted.statement + "\"";
  if (ShowsSecret(WithoutQuotes(message))) return "not taken out of the quotes: " + message;
  const std::string masked = MaskPasswords(planted.statement);
  return planted.masked && ShowsSecret(masked) ? "not masked: " + masked : "";
}

// The first thing that is wrong, or "".
inline std::string SecretProblem(std::string_view input) {
  if (ShowsSecret(input)) return {};  // where it is no secret
  const PlantedScript planted = Planted(input);
  if (planted.whole && !HoldsSecret(planted.text)) return "not recognised: " + planted.text;
  for (const std::string& problem :
       {LinesProblem(planted), MessageProblem(planted), ProblemInAnyMode(planted, DoubtProblem)}) {
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace sqlmig
