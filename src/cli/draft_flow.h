// What `new --draft-down` and `down-draft` share.
#pragma once

#include <filesystem>
#include <string>

#include "cli/database_view.h"
#include "sqltext/down_draft.h"

namespace sqlmig {

// A down script for `up`, with former definitions from the up scripts of `ancestors`, those that can be read, in plan
// order. `without_transaction`: how the down script will run.
DownDraft DraftFor(const Project& project, const DatabaseView& view, const NodeSet& ancestors, ParsedScript up,
                   const StepSettings& settings, bool without_transaction);

// An up script as a migration of that mode would have it. Throws kScript.
struct ReadUp {
  ParsedScript script;
  bool without_transaction = false;  // PostgreSQL refuses a part of it in a transaction block
};
ReadUp ReadUpScript(const std::string& text, const std::filesystem::path& shown);

}  // namespace sqlmig
