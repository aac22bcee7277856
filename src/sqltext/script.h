// One SQL script: checked, split into statements and made ready to be sent, without changing what it means.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/error.h"

namespace sqlmig {

// A statement as the server's grammar cuts it: no leading or trailing blanks or comments, no semicolon.
struct Statement {
  std::size_t begin = 0;  // byte offsets into ParsedScript::sql
  std::size_t end = 0;
  bool copy_from_stdin = false;
};

// How a unit of a non-transactional script is run, so that what it did and the record of it come true together.
enum class UnitKind {
  kAtomic,   // in a transaction of its own, which records it
  kSetting,  // the same; it only changes the session, and is run again when another session goes on
  kBlock,    // BEGIN ... COMMIT of the script itself, which records it before its COMMIT
  kOutside,  // the server refuses it in a transaction block, or it may end transactions itself
};

// A statement or a BEGIN ... COMMIT block of a non-transactional script: what is run and recorded as one.
struct Unit {
  std::size_t first_statement = 0;
  std::size_t statements = 1;
  UnitKind kind = UnitKind::kAtomic;
  // Settings that it changes for the units behind it; an empty name: all, or one that is not known.
  std::vector<std::string> sets{};
};

// What the parser has against a script that may be right all the same: its grammar is that of PostgreSQL 15, and the
// server may be newer.
struct SyntaxDoubt {
  std::string message;
  TextPosition at;
};

struct ParsedScript {
  // What is sent to the server: the script without BOM, its outer BEGIN and COMMIT replaced by blanks, the data of
  // COPY ... FROM stdin cut out, and a newline at the end when the last line lacks one.
  std::string sql;
  std::vector<Statement> statements;
  std::vector<Unit> units;             // in order; empty for a transactional script
  std::vector<std::string> copy_data;  // one for each copy_from_stdin statement, in order: what goes down the wire
  // Asked for by the outer BEGIN or a leading SET TRANSACTION, e.g. "SERIALIZABLE"; else empty.
  std::string isolation_level;
  // Whether a statement cannot, or may not be able to, run in a transaction block.
  bool may_need_no_transaction = false;
  // false: the parser did not understand the script (`doubt` says what it did not) or was not asked, because the script
  // is very large or built to make it slow; `statements` is then the lexer's split.
  bool parsed = true;
  std::optional<SyntaxDoubt> doubt;
  std::string unread;  // why the parser was not asked; else empty

  // Where the byte at `offset` of `sql` stands in the file.
  TextPosition PositionInFile(std::size_t offset) const;

  // Internal: pieces of `sql` with their offset in `original`, ascending. PositionInFile and ExcerptAt need the
  // original, which is the file's text without its BOM (an editor shows no column for it).
  struct Piece {
    std::size_t in_sql = 0;
    std::size_t in_file = 0;
  };
  std::vector<Piece> pieces;
  std::string original;
};

enum class ScriptMode { kTransactional, kNonTransactional };

// Throws kScript with file:line:column, excerpt and hint for what sqlmig refuses (DESIGN 7.12): NUL bytes, invalid
// UTF-8, what is surely an error (an unterminated string, identifier or comment), psql meta-commands, statements behind
// COPY ... FROM stdin on its line, comments that nest so deep that the server would need long for them, transaction
// control other than one outer BEGIN ... COMMIT pair and savepoints in a transactional script and BEGIN ... COMMIT
// blocks in another, statements that cannot run in a transaction block in a transactional script or such a block, CLOSE
// ALL in a transactional script, DISCARD ALL (it frees the run's lock), standard_conforming_strings = off (the text
// would be read in two ways), more than one statement without a transaction in a grammar that the parser does not know
// (what has run could not be told from what has not), what units leave in the session that later ones need and another
// session could not have (sqltext/resumable.h), and lines of a draft that are not written yet (sqltext/down_draft.h).
// Empty and comment-only scripts are valid: no statements.
ParsedScript ParseScript(std::string text, const std::filesystem::path& file, ScriptMode mode);

// The statements of a unit as one text, without blanks and comments around them.
std::string_view TextOf(const ParsedScript& script, const Unit& unit);

// For each unit what identifies it and all units before it, whatever their comments and white space.
std::vector<std::string> ProgressHashes(const ParsedScript& script);

// Whether `name` stands in the text as a whole word, in quotes or not, letters compared without regard to case.
bool MentionsName(std::string_view text, std::string_view name);

// SHA-256 of the script's tokens: scripts that differ only in comments and white space have the same. COPY data counts
// byte by byte. Never throws for any bytes.
std::string TokenHash(std::string_view text);

// Number that is stored beside the hashes; changed when TokenHash changes its meaning.
inline constexpr int kHashAlgorithm = 1;

// Whether the script sets a password or a connection string (CREATE/ALTER ROLE|USER ... PASSWORD, USER MAPPING,
// CREATE/ALTER SUBSCRIPTION, ALTER SYSTEM primary_conninfo, dblink_connect): such a text is not stored in the ledger.
bool HoldsSecret(std::string_view text);

}  // namespace sqlmig
