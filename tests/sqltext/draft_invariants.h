// What holds for a draft of any bytes whatever. Shared by the fuzz target and the replay of its corpus.
#pragma once

#include <string>
#include <string_view>

#include "sqltext/down_draft.h"
#include "sqltext/parser.h"
#include "support/error.h"

namespace sqlmig {

// Drafts `text` after itself, so that former definitions are met too. Empty: all is well.
inline std::string DraftProblem(std::string_view text) {
  DraftRequest request;
  try {
    request.up = ParseScript(std::string(text), "up.sql", ScriptMode::kNonTransactional);
  } catch (const Error&) {
    return {};
  }
  request.without_transaction = true;
  for (const bool with_earlier : {false, true}) {
    if (with_earlier) request.earlier = {std::string(text)};
    const DownDraft draft = DraftDown(request);
    if (const auto complaint = SplitWithParser(draft.sql).complaint) return "the draft does not parse: " + draft.sql;
    if (FindUnfinished(draft.sql).size() != draft.unfinished.size()) return "markers are not found: " + draft.sql;
    if (draft.sql.find('\0') != std::string::npos) return "NUL in the draft";
  }
  return {};
}

}  // namespace sqlmig
