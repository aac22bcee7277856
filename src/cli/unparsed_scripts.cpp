#include "cli/unparsed_scripts.h"

#include "sqltext/script.h"

namespace sqlmig {

void UnparsedScripts::AddTo(const Migration& migration, Direction direction, std::vector<UnparsedScript>* found) const {
  const ScriptRef& script = migration.script(direction);
  if (script.kind != ScriptRef::Kind::kFile) return;
  try {
    const ParsedScript parsed =
        ParseScript(root_.Read(script.path, kMaxScriptBytes), script.path,
                    migration.transactional(direction) ? ScriptMode::kTransactional : ScriptMode::kNonTransactional);
    if (parsed.doubt) found->push_back({migration.id.str(), {script.path, parsed.doubt->at}, parsed.doubt->message});
  } catch (const Error&) {  // not what is asked for here
  }
}

}  // namespace sqlmig
