// Only for report/*.cpp: a draft as part of a document.
#pragma once

#include "report/json.h"
#include "sqltext/down_draft.h"

namespace sqlmig {

// Adds "statements" and "unfinished".
void AddDraft(Json& document, const DownDraft& draft);

}  // namespace sqlmig
