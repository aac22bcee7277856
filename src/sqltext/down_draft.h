// A down script drafted from the up script's parse tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/script.h"

namespace sqlmig {

// A statement of the up script that the draft cannot undo by itself.
struct UnfinishedUndo {
  std::string statement;  // its beginning, on one line; without what may be a secret
  std::string why;
  TextPosition up;             // where it stands in the up script
  std::size_t draft_line = 0;  // where its marker stands in the draft, from 1
};

struct DownDraft {
  std::string sql;
  std::vector<UnfinishedUndo> unfinished;  // in the order of the draft
  std::size_t statements = 0;              // of the draft
};

struct DraftRequest {
  ParsedScript up;
  // Up scripts of the migrations that are there before this one, in the order in which they are run: where former
  // definitions are looked for.
  std::vector<std::string> earlier;
  std::string search_path;  // in force when the scripts begin; empty: public
  // Whether the down script may hold what PostgreSQL refuses in a transaction block.
  bool without_transaction = false;
};

// The statements that undo `up`, last first. What needs no undoing of its own (an index of a table that the same script
// makes) has none. A statement without a known inverse becomes a comment that begins with kUnfinishedMarker, and
// ParseScript refuses a script with such a line. The draft always parses. Any texts are accepted: what the parser does
// not know, or what is very large, is such a comment.
DownDraft DraftDown(const DraftRequest& request);

// Begins a line of its own, outside of strings and statements.
inline constexpr std::string_view kUnfinishedMarker = "-- sqlmig: write what undoes ";

// Where lines with the marker begin in a script: only those that are comments.
std::vector<std::size_t> FindUnfinished(std::string_view script);

}  // namespace sqlmig
