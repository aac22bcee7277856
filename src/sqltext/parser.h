// PostgreSQL's own parser (libpg_query), asked for one thing: where the statements of a script are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sqlmig {

// The part of the text that belongs to one statement: blanks and comments around it included, its semicolon not.
struct StatementSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ParserComplaint {
  std::string message;
  std::size_t offset = 0;
};

struct ParserSplit {
  std::vector<StatementSpan> spans;
  std::optional<ParserComplaint> complaint;  // then `spans` is empty
};

// The parser keeps its stack on the heap and gives up at a nesting of some thousands ("memory exhausted", as the server
// does), so any text is safe on any thread. It takes about 3 microseconds for a script of three statements, 25 ms and
// 25 MB for one of 1 MB.
// REQUIRES: no NUL in `sql`.
ParserSplit SplitWithParser(const std::string& sql);

}  // namespace sqlmig
