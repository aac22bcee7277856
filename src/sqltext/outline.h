// The first reading of a script: what the lexer alone can say about it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/script.h"
#include "support/error.h"

namespace sqlmig {

// From the first to the last token between two semicolons, in offsets of ParsedScript::sql. A statement is one segment,
// or several when semicolons stand inside it.
struct Segment {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool ends_statement = false;  // by the lexer's judgement
  bool copy_from_stdin = false;
};

struct Outline {
  std::vector<Segment> segments;      // those without a token are left out
  std::size_t rescanned = 0;          // as Lexer::rescanned()
  std::size_t rescanned_most_at = 0;  // in ParsedScript::original
};

// Takes `text` over into `script`: fills original, sql, pieces and copy_data. Throws as ParseScript does for all that
// does not depend on statements.
Outline ReadOutline(std::string text, const std::filesystem::path& file, ParsedScript& script);

// Statements as psql would cut them.
std::vector<Statement> SplitByLexer(const std::vector<Segment>& segments);

// An error about the place `offset` of script.original, with file, line, column and excerpt.
Error ErrorAt(const ParsedScript& script, const std::filesystem::path& file, std::size_t offset, std::string message);

// The lines around a doubt; nothing of a script that sets a password or the like.
std::string ExcerptOf(const ParsedScript& script, const SyntaxDoubt& doubt);

// Offset in script.original of the byte `offset` of script.sql.
std::size_t OffsetInOriginal(const ParsedScript& script, std::size_t offset);

std::string_view WithoutByteOrderMark(std::string_view text);

}  // namespace sqlmig
