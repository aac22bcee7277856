#include "cli/draft_flow.h"

#include "exec/script_store.h"
#include "support/file.h"

namespace sqlmig {
namespace {

std::string SearchPathOf(const StepSettings& settings) {
  const auto found = settings.settings.find("search_path");
  return found == settings.settings.end() ? std::string() : found->second;
}

std::vector<std::string> EarlierScripts(const Project& project, const DatabaseView& view, const NodeSet& ancestors) {
  const FileRoot root(project.manifest.folder());
  std::vector<std::string> texts;
  for (const Node node : view.graph().Sorted(ancestors)) {
    const Migration* const migration = view.situation().migration[node];
    if (migration == nullptr || migration->up.kind != ScriptRef::Kind::kFile) continue;
    try {
      texts.push_back(root.Read(migration->up.path, kMaxScriptBytes));
    } catch (const Error&) {
      // `check` says that it is missing; a draft can do without.
    }
  }
  return texts;
}

}  // namespace

DownDraft DraftFor(const Project& project, const DatabaseView& view, const NodeSet& ancestors, ParsedScript up,
                   const StepSettings& settings, bool without_transaction) {
  DraftRequest request;
  request.up = std::move(up);
  request.earlier = EarlierScripts(project, view, ancestors);
  request.search_path = SearchPathOf(settings);
  request.without_transaction = without_transaction;
  return DraftDown(request);
}

ReadUp ReadUpScript(const std::string& text, const std::filesystem::path& shown) {
  try {
    return {ParseScript(text, shown, ScriptMode::kTransactional), false};
  } catch (const Error&) {
    ReadUp outside;
    outside.without_transaction = true;
    try {
      outside.script = ParseScript(text, shown, ScriptMode::kNonTransactional);
    } catch (const Error&) {
      outside.script.may_need_no_transaction = false;  // wrong either way: the first reading says how
    }
    if (!outside.script.may_need_no_transaction) throw;
    return outside;
  }
}

}  // namespace sqlmig
