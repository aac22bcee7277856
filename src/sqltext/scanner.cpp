#include "sqltext/scanner.h"

#include <algorithm>
#include <utility>

namespace sqlmig {

void StatementTracker::Add(const Token& token, std::string_view text) {
  if (token.kind == TokenKind::kWord) {
    AddWord(text);
    return;
  }
  if (routine_ != Routine::kYes) routine_ = Routine::kNo;
  if (copy_ == Copy::kFrom) copy_ = Copy::kNo;
  before_begin_ = false;
  if (text == "(") ++parentheses_;
  if (text == ")" && parentheses_ > 0) --parentheses_;
  first_ = text == ";" && parentheses_ == 0;
  ended_ = first_ && bodies_ == 0;
  if (first_) routine_ = Routine::kNo;
}

void StatementTracker::AddWord(std::string_view word) {
  const bool first = std::exchange(first_, false);
  if (first) {
    if (IsWord(word, "copy") && bodies_ == 0) copy_ = Copy::kTable;
    if (IsWord(word, "create")) routine_ = Routine::kCreate;
    if (IsWord(word, "end") && bodies_ > 0) --bodies_;
  } else if (parentheses_ == 0) {
    if (copy_ != Copy::kNo) FollowCopy(word);
    if (routine_ != Routine::kNo) FollowRoutine(word);
  }
  before_begin_ = IsWord(word, "begin");
}

// The server silently reads STDOUT after FROM as STDIN.
void StatementTracker::FollowCopy(std::string_view word) {
  if (copy_ == Copy::kTable) {
    if (IsWord(word, "from")) copy_ = Copy::kFrom;
    if (IsWord(word, "to")) copy_ = Copy::kNo;
  } else if (copy_ == Copy::kFrom) {
    copy_ = IsWord(word, "stdin") || IsWord(word, "stdout") ? Copy::kFromStdin : Copy::kNo;
  }
}

void StatementTracker::FollowRoutine(std::string_view word) {
  if (routine_ == Routine::kYes) {
    if (!before_begin_ || !IsWord(word, "atomic")) return;
    ++bodies_;
    first_ = true;
    routine_ = Routine::kNo;
  } else if (IsWord(word, "function") || IsWord(word, "procedure")) {
    routine_ = routine_ == Routine::kCreateOr ? Routine::kNo : Routine::kYes;
  } else if (routine_ == Routine::kCreate && IsWord(word, "or")) {
    routine_ = Routine::kCreateOr;
  } else if (routine_ == Routine::kCreateOr && IsWord(word, "replace")) {
    routine_ = Routine::kCreateOrReplace;
  } else {
    routine_ = Routine::kNo;
  }
}

Token ScriptScanner::Next() {
  if (statement_.ended()) {
    if (due_ == Due::kToken && statement_.is_copy_from_stdin()) due_ = Due::kRestOfLine;
    if (due_ == Due::kToken) statement_ = {};
  }
  if (due_ == Due::kRestOfLine) {
    due_ = Due::kData;
    const std::size_t begin = lexer_.position();
    const std::size_t newline = std::min(text_.find('\n', begin), text_.size());
    const Token rest = Lexer(text_.substr(begin, newline - begin)).Next();
    lexer_.Seek(newline);
    if (rest.kind != TokenKind::kEnd) return {TokenKind::kAfterCopy, begin + rest.begin, newline};
  }
  if (due_ == Due::kData) return Data();
  const Token token = lexer_.Next();
  statement_.Add(token, token.In(text_));
  return token;
}

// As psql reads it: from the next line to a line that is exactly "\.", or to the end of the file.
Token ScriptScanner::Data() {
  due_ = Due::kToken;
  statement_ = {};
  const std::size_t begin = std::min(lexer_.position() + 1, text_.size());
  for (std::size_t mark = text_.find("\\.", begin); mark != std::string_view::npos;
       mark = text_.find("\\.", mark + 2)) {
    if (mark != begin && text_[mark - 1] != '\n') continue;
    const std::string_view after = text_.substr(mark + 2, 2);
    if (!after.empty() && after.front() != '\n' && after != "\r\n" && after != "\r") continue;
    lexer_.Seek(std::min(text_.find('\n', mark), text_.size() - 1) + 1);
    return {TokenKind::kCopyData, begin, mark};
  }
  lexer_.Seek(text_.size());
  return {TokenKind::kCopyData, begin, text_.size()};
}

}  // namespace sqlmig
