// What a server says of a statement that sets a secret: no error that is made of it may show the secret. The statements
// are those of ../sqltext/secret_invariants.h; a test replays the files of tests/fuzz/corpus/secret.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exec/script_error.h"
#include "exec/script_store.h"
#include "sqltext/script.h"
#include "sqltext/secret_invariants.h"
#include "support/error.h"

namespace sqlmig {

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

// The first thing that is wrong, or "".
inline std::string ServersProblem(std::string_view input) {
  return ProblemInAnyMode(Planted(input), [](const ParsedScript& script) -> std::string {
    const std::size_t at = script.sql.find(kPlantedSecret);
    const auto characters = std::count_if(script.sql.begin(), script.sql.begin() + static_cast<std::ptrdiff_t>(at),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    for (std::size_t i = 0; i < script.statements.size(); ++i) {
      if (script.statements[i].end < at) continue;
      return ServerProblem(script, i, static_cast<std::size_t>(characters) + 1);
    }
    return {};
  });
}

}  // namespace sqlmig
