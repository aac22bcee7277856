// A statement that sets a secret, quoted and commented in every way: it must be recognised, and whatever is wrong with
// the script, no error may show it. A test replays the files of tests/fuzz/corpus/secret.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/script_error.h"
#include "exec/script_store.h"
#include "sqltext/outline.h"
#include "sqltext/script.h"
#include "support/error.h"

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
  std::string text;
  bool whole = true;  // nothing but whole statements stands around it
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

// The first bytes choose the statement and how it is quoted, the rest stands around it: as it is, or whole statements.
inline PlantedScript Planted(std::string_view input) {
  Choices choices(input);
  PlantedScript script;
  const std::size_t form = choices.Below(kSecretStatements.size());
  script.whole = choices.Below(2) == 0;
  const std::size_t quoting = choices.Below(kQuotings);
  const bool bare = form + 1 == kSecretStatements.size();
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

// What a server may say of the statement that holds the secret: it quotes what it does not understand.
inline std::vector<ServerError> ServerErrorsAbout(std::size_t position) {
  const std::string secret(kPlantedSecret);
  std::vector<ServerError> errors;
  const auto add = [&](const char* state, const std::string& message) {
    errors.push_back(
        {state, message, {state, "Value " + secret, "Perhaps \"" + secret + "\".", "SQL: " + secret}, 0, false});
    errors.push_back(errors.back());
    errors.back().position = position;
  };
  add("42601", "syntax error at or near \"" + secret + "\"");
  add("42601",
      "invalid connection string syntax: missing \"=\" after \"a\"b" + secret + "\" in connection info string");
  add("22007", "invalid input syntax for type timestamp with time zone: \"x " + secret + "\"");
  add("42601", "Syntaxfehler bei \xC2\xBB" + secret + "\xC2\xAB");
  add("42601", "erreur de syntaxe sur ou pr\xC3\xA8s de \xC2\xAB " + secret + " \xC2\xBB");
  return errors;
}

// `position`: of the secret in the script, in characters from 1.
inline std::string ServerProblem(const ParsedScript& script, std::size_t index, std::size_t position) {
  PreparedStep step{{MigrationId::Parse("a")}, nullptr, "up.sql", script, {}, {}, {}, {}};
  for (const ServerError& error : ServerErrorsAbout(position)) {
    const Error shown = ScriptError(step, index, error, 0, script.sql);
    if (ShowsSecret(shown)) return "in an error of the server: " + std::string(shown.what()) + "\n" + shown.excerpt();
  }
  return {};
}

inline std::string ShownProblem(const std::string& text, ScriptMode mode) {
  try {
    const ParsedScript script = ParseScript(text, "up.sql", mode);
    if (script.doubt) {
      const std::string shown = script.doubt->message + ExcerptOf(script, *script.doubt);
      if (shown.find(kPlantedSecret) != std::string::npos) return "in what the parser complains of: " + shown;
    }
    const std::size_t at = script.sql.find(kPlantedSecret);
    const auto characters = std::count_if(script.sql.begin(), script.sql.begin() + static_cast<std::ptrdiff_t>(at),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    for (std::size_t i = 0; i < script.statements.size(); ++i) {
      if (script.statements[i].end < at) continue;
      return ServerProblem(script, i, static_cast<std::size_t>(characters) + 1);
    }
    return {};
  } catch (const Error& error) {
    return ShowsSecret(error) ? "in the error: " + std::string(error.what()) + "\n" + error.excerpt() : "";
  }
}

// The first thing that is wrong, or "".
inline std::string SecretProblem(std::string_view input) {
  const PlantedScript script = Planted(input);
  if (script.whole && !HoldsSecret(script.text)) return "not recognised: " + script.text;
  for (const ScriptMode mode : {ScriptMode::kTransactional, ScriptMode::kNonTransactional}) {
    if (script.text.find(kPlantedSecret) == std::string::npos) return {};
    if (std::string problem = ShownProblem(script.text, mode); !problem.empty()) {
      return problem + "\n----\n" + script.text;
    }
  }
  return {};
}

}  // namespace sqlmig
