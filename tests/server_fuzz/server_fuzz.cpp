// Compares the statements that sqlmig finds in a script with those that a real server finds.
//
//   server_fuzz CONNINFO [--seed N] [--first N] [--cases N] [--seconds N]
//
// The connection's database is the program's own: it makes tables in it. For each script:
//
//   accepted by both   the server says that each statement alone is one, and that nothing but blanks, comments and
//                      semicolons stands between; sent as one message, the script has the same outcomes (tags, rows,
//                      error and its place) as its statements one after the other
//   refused by sqlmig  for an open quote or a psql command: the server refuses it too
//   parsed by sqlmig   the server's grammar accepts it (both are PostgreSQL 15's)
//
// What our parser does not understand, though the server does, is split by the lexer, and that must hold as well. Two
// such things are known, for in libpg_query comments are tokens: a string that is continued on the next line behind a
// -- comment, which with E'...' and a backslash may also be read as a plain string and refused, and comments around
// UESCAPE.
//
// Exit status 1 with one report for each script that is split differently.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../sqltext/script_invariants.h"
#include "generator.h"
#include "server.h"
#include "sqltext/outline.h"
#include "sqltext/script.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig::server_fuzz {
namespace {

constexpr std::size_t kMostFinds = 5;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  std::uint64_t cases = UINT64_MAX;
  std::uint64_t seconds = 60;
};

// Written so that it can be pasted into a test.
std::string Escaped(std::string_view text) {
  static constexpr std::string_view kDigits = "01234567";
  std::string escaped = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else if (byte < 0x20 || byte >= 0x7F) {
      escaped += '\\';
      for (const unsigned shift : {6U, 3U, 0U}) escaped += kDigits[(byte >> shift) & 7U];
    } else {
      escaped += c;
    }
  }
  return escaped + "\"";
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Words that have the server read what stands below as data, so that it cannot judge the text as a whole.
bool MayHoldCopyData(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), LowerAscii);
  return Has(text, "stdin") || Has(text, "stdout");
}

class Comparison {
 public:
  explicit Comparison(Server& server) : server_(server) {}

  // The first thing that is wrong with the script, or "".
  std::string Problem(const std::string& text) {
    ParsedScript script;
    try {
      script = ParseScript(text, "f.sql", ScriptMode::kTransactional);
    } catch (const Error& error) {
      return RefusalProblem(text, error.message());
    }
    const bool accepted = server_.CountStatements(script.sql) != Count::kRefused;
    if (!accepted) {
      ++counts_["refused by the server's grammar"];
      return script.parsed ? "only the server refuses it" : "";
    }
    if (!script.parsed) CountNotParsed(script);
    if (std::string problem = SplitProblem(script); !problem.empty()) return problem;
    if (std::string problem = sqlmig::SplitProblem(text); !problem.empty()) return problem;
    return OutcomesProblem(script);
  }

  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  void CountNotParsed(const ParsedScript& script) {
    const bool known = IsKnown(script.sql);
    ++counts_[known ? "not parsed, as known" : "not parsed"];
    if (!known) std::cout << "not parsed: " << script.doubt->message << " in " << Escaped(script.sql) << std::endl;
  }

  static bool IsKnown(std::string_view sql) {
    Lexer lexer(sql);
    std::size_t end = 0;
    bool behind_unicode_escape = false;
    for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
      const std::string_view between = sql.substr(end, token.begin - end);
      const bool comment = Has(between, "--") || Has(between, "/*");
      if (comment && token.kind == TokenKind::kStringContinued) return true;
      const bool unicode_escape = IsWord(token.In(sql), "uescape");
      if (comment && (unicode_escape || behind_unicode_escape)) return true;
      behind_unicode_escape = unicode_escape;
      end = token.end;
    }
    return false;
  }

  std::string RefusalProblem(const std::string& text, const std::string& message) {
    const bool lexical =
        message.starts_with("unterminated") || Has(message, "is not SQL") || Has(message, "valid UTF-8");
    if (!lexical || MayHoldCopyData(text)) {
      ++counts_["refused by sqlmig for other reasons"];
      return {};
    }
    ++counts_["refused by both"];
    return server_.CountStatements(std::string(WithoutByteOrderMark(text))) == Count::kRefused
               ? ""
               : "only sqlmig refuses it: " + message;
  }

  // Each statement is one, each gap is none, and each gap ends the statement before it. Then the whole is these
  // statements and no others, since every piece leaves the lexer where it began.
  std::string SplitProblem(const ParsedScript& script) {
    std::size_t end = 0;
    for (std::size_t i = 0; i <= script.statements.size(); ++i) {
      const bool last = i == script.statements.size();
      const std::size_t begin = last ? script.sql.size() : script.statements[i].begin;
      const std::string gap = script.sql.substr(end, begin - end) + "SELECT 1";
      if (server_.CountStatements(gap) != Count::kOne) return "no mere gap: " + Escaped(gap);
      if (last) break;
      const std::string statement = TextOf(script, i);
      if (server_.CountStatements(statement) != Count::kOne) return "not one statement: " + Escaped(statement);
      end = script.statements[i].end;
      if (i + 1 == script.statements.size()) continue;
      const std::string both = statement + script.sql.substr(end, script.statements[i + 1].begin - end) + "SELECT 1";
      if (server_.CountStatements(both) != Count::kSeveral) return "not ended: " + Escaped(both);
    }
    return {};
  }

  static std::string TextOf(const ParsedScript& script, std::size_t i) {
    return script.sql.substr(script.statements[i].begin, script.statements[i].end - script.statements[i].begin);
  }

  static bool Failed(const std::vector<Outcome>& outcomes) {
    return !outcomes.empty() && !outcomes.back().error.empty();
  }

  // Also what the tables hold afterwards.
  std::vector<Outcome> RunWhole(const ParsedScript& script) {
    std::size_t copies = 0;
    server_.Begin();
    std::vector<Outcome> outcomes = server_.Run(script.sql, script.copy_data, copies);
    if (!Failed(outcomes)) outcomes.push_back(server_.Run("TABLE t", {}, copies).front());
    server_.Rollback();
    return outcomes;
  }

  std::vector<Outcome> RunEach(const ParsedScript& script) {
    std::vector<Outcome> outcomes;
    std::size_t copies = 0;
    server_.Begin();
    for (std::size_t i = 0; i < script.statements.size() && !Failed(outcomes); ++i) {
      for (Outcome& outcome : server_.Run(TextOf(script, i), script.copy_data, copies)) {
        if (outcome.position > 0) {
          outcome.position += CountCharacters(std::string_view(script.sql).substr(0, script.statements[i].begin));
        }
        outcomes.push_back(outcome);
      }
    }
    if (script.statements.empty()) outcomes.push_back({"(empty)", {}, {}, 0});
    if (!Failed(outcomes)) outcomes.push_back(server_.Run("TABLE t", {}, copies).front());
    server_.Rollback();
    return outcomes;
  }

  static std::string Shown(const std::vector<Outcome>& outcomes) {
    std::string text;
    for (const Outcome& outcome : outcomes) {
      text += "\n    " + outcome.tag + " " + Escaped(outcome.rows) + " " + outcome.error + " at " +
              std::to_string(outcome.position);
    }
    return text;
  }

  std::string OutcomesProblem(const ParsedScript& script) {
    const std::vector<Outcome> whole = RunWhole(script);
    const std::vector<Outcome> each = RunEach(script);
    ++counts_[Failed(whole) ? "run up to an error" : "run"];
    statements_ += script.statements.size();
    counts_["statements"] = statements_;
    if (whole == each) return {};
    return "other outcomes\n  as a whole:" + Shown(whole) + "\n  one by one:" + Shown(each);
  }

  Server& server_;
  std::map<std::string, std::uint64_t> counts_;
  std::uint64_t statements_ = 0;
};

std::uint64_t SeedOf(const Options& options, std::uint64_t number) {
  return options.seed * 1'000'000'007U + number;
}

int Run(const char* conninfo, const Options& options) {
  Server server(conninfo);
  Comparison comparison(server);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  std::size_t finds = 0;
  std::uint64_t done = 0;
  for (; done < options.cases && finds < kMostFinds && std::chrono::steady_clock::now() < end; ++done) {
    const std::string text = Generator(SeedOf(options, options.first + done)).Script();
    const std::string problem = comparison.Problem(text);
    if (problem.empty()) continue;
    ++finds;
    std::cout << "FOUND --seed " << options.seed << " --first " << options.first + done << " --cases 1\n  " << problem
              << "\n  script: " << Escaped(text) << std::endl;
  }
  for (const auto& [what, count] : comparison.counts()) std::cout << count << " " << what << "\n";
  std::cout << "Done " << done << " runs, seed " << options.seed << ", " << finds << " finds" << std::endl;
  return finds == 0 ? 0 : 1;
}

std::optional<Options> OptionsOf(const std::vector<std::string>& words) {
  Options options;
  const std::map<std::string, std::uint64_t*> known = {{"--seed", &options.seed},
                                                       {"--first", &options.first},
                                                       {"--cases", &options.cases},
                                                       {"--seconds", &options.seconds}};
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto option = known.find(words[i]);
    if (option == known.end() || i + 1 == words.size()) return std::nullopt;
    if (words[i + 1].find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    *option->second = std::stoull(words[i + 1]);
  }
  return options;
}

}  // namespace
}  // namespace sqlmig::server_fuzz

int main(int argc, char** argv) {
  using namespace sqlmig::server_fuzz;
  const std::vector<std::string> words(argv + std::min(argc, 2), argv + argc);
  const std::optional<Options> options = OptionsOf(words);
  if (argc < 2 || !options) {
    std::cerr << "server_fuzz CONNINFO [--seed N] [--first N] [--cases N] [--seconds N]\n";
    return 2;
  }
  return Run(argv[1], *options);
}
