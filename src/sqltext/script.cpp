#include "sqltext/script.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/down_draft.h"
#include "sqltext/lexer.h"
#include "sqltext/outline.h"
#include "sqltext/parser.h"
#include "sqltext/resumable.h"
#include "sqltext/transaction_control.h"
#include "support/sha256.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// The parse tree of a script takes about 25 times its size, so a larger one is split by the lexer alone.
constexpr std::size_t kLargestParsed = std::size_t{8} << 20;
// About 0.1 seconds of the parser's time, spent on nothing (40,000 nested comments take 6 seconds).
constexpr std::size_t kMostRescanned = 20'000'000;
// About a second of the server's.
constexpr std::size_t kMostSent = 100'000'000;

// Every segment must lie in one span, and every span hold a segment; otherwise lexer and parser do not see the same
// tokens, and nothing is returned.
std::optional<std::vector<Statement>> SplitBySpans(const std::vector<Segment>& segments,
                                                   const std::vector<StatementSpan>& spans) {
  std::vector<Statement> statements;
  statements.reserve(spans.size());
  auto segment = segments.begin();
  for (const StatementSpan& span : spans) {
    const auto first = segment;
    bool copy = false;
    for (; segment != segments.end() && segment->begin >= span.begin && segment->end <= span.end; ++segment) {
      copy = copy || segment->copy_from_stdin;
    }
    if (segment == first) return std::nullopt;
    statements.push_back({first->begin, std::prev(segment)->end, copy});
  }
  if (segment != segments.end()) return std::nullopt;
  return statements;
}

std::size_t CountCopies(const std::vector<Statement>& statements) {
  return static_cast<std::size_t>(
      std::count_if(statements.begin(), statements.end(), [](const Statement& s) { return s.copy_from_stdin; }));
}

void Split(const Outline& outline, ParsedScript& script) {
  script.parsed = false;
  if (script.sql.size() > kLargestParsed) {
    script.unread = "it is larger than 8 MB";
  } else if (outline.rescanned > kMostRescanned) {
    script.unread = "its comments nest too deep, or its operators are too long";
  } else {
    const ParserSplit split = SplitWithParser(script.sql);
    if (split.complaint) {
      // The parser quotes the text at the place. Without its COPY data, what follows a COPY would be taken for the
      // data.
      script.doubt = {HoldsSecret(script.original) ? "syntax error in a script that sets a password or the like"
                                                   : split.complaint->message,
                      script.PositionInFile(split.complaint->offset)};
    } else if (auto statements = SplitBySpans(outline.segments, split.spans);
               statements && CountCopies(*statements) == script.copy_data.size()) {
      script.statements = std::move(*statements);
      script.parsed = true;
      return;
    }
  }
  script.statements = SplitByLexer(outline.segments);
  // A COPY that an open parenthesis keeps from ending has no data.
  script.copy_data.resize(CountCopies(script.statements));
}

// A draft's line for what a person has to write.
void RefuseUnfinished(const std::filesystem::path& file, const ParsedScript& script) {
  const std::vector<std::size_t> places = FindUnfinished(script.sql);
  if (places.empty()) return;
  const std::string more = places.size() == 1 ? "" : fmt::format(", and {} more", places.size() - 1);
  throw ErrorAt(script, file, OffsetInOriginal(script, places.front()),
                fmt::format("the script is a draft: what undoes this statement is not written yet{}", more))
      .Hint(
          "write it in place of the comment; remove the comment when there is nothing to undo; when there is no way "
          "back, say 'irreversible: <reason>' in the manifest");
}

// The server reads every script again, and its time for such a text is quadratic.
void RefuseSlow(const std::filesystem::path& file, const ParsedScript& script, const Outline& outline) {
  if (outline.rescanned <= kMostSent) return;
  throw ErrorAt(script, file, outline.rescanned_most_at,
                "comments that nest so deep, or an operator so long, that the server cannot read them in sensible time")
      .Hint("close each comment before the next one begins, or put blanks between '/*' and '/*'");
}

}  // namespace

TextPosition ParsedScript::PositionInFile(std::size_t offset) const {
  return PositionOfByte(original, OffsetInOriginal(*this, offset));
}

ParsedScript ParseScript(std::string text, const std::filesystem::path& file, ScriptMode mode) {
  ParsedScript script;
  const Outline outline = ReadOutline(std::move(text), file, script);
  RefuseSlow(file, script, outline);
  RefuseUnfinished(file, script);
  Split(outline, script);
  TakeTransactionControl(file, mode, script);
  if (!script.units.empty()) RequireResumable(file, script);
  return script;
}

std::string_view TextOf(const ParsedScript& script, const Unit& unit) {
  const std::size_t begin = script.statements[unit.first_statement].begin;
  const std::size_t end = script.statements[unit.first_statement + unit.statements - 1].end;
  return std::string_view(script.sql).substr(begin, end - begin);
}

std::vector<std::string> ProgressHashes(const ParsedScript& script) {
  std::vector<std::string> hashes;
  std::string last;
  auto data = script.copy_data.begin();
  for (const Unit& unit : script.units) {
    std::string text = last + TokenHash(TextOf(script, unit));
    for (std::size_t i = 0; i < unit.statements; ++i) {
      if (script.statements[unit.first_statement + i].copy_from_stdin) text += Sha256Hex(*data++);
    }
    last = Sha256Hex(text);
    hashes.push_back(last);
  }
  return hashes;
}

bool MentionsName(std::string_view text, std::string_view name) {
  const auto same = [](char a, char b) { return LowerAscii(a) == LowerAscii(b); };
  const auto continues = [](char c) {
    return (c >= '0' && c <= '9') || (LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (name.empty()) return false;
  auto from = text.begin();
  while (true) {
    const auto found = std::search(from, text.end(), name.begin(), name.end(), same);
    if (found == text.end()) return false;
    const auto after = found + static_cast<std::ptrdiff_t>(name.size());
    if ((found == text.begin() || !continues(*std::prev(found))) && (after == text.end() || !continues(*after)))
      return true;
    from = std::next(found);
  }
}

}  // namespace sqlmig
