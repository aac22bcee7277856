#include "cli/commands.h"

namespace sqlmig {

void AddCommands(CLI::App& app, Selected& selected) {
  AddInit(app, selected);
  AddNew(app, selected);
  AddDownDraft(app, selected);
  AddMerge(app, selected);
  AddApply(app, selected);
  AddRollback(app, selected);
  AddRedo(app, selected);
  AddStatus(app, selected);
  AddPlan(app, selected);
  AddCheck(app, selected);
  AddVerify(app, selected);
  AddDrift(app, selected);
  AddGraph(app, selected);
  AddHistory(app, selected);
  AddCurrent(app, selected);
  AddHeads(app, selected);
  AddBranches(app, selected);
  AddShow(app, selected);
  AddStamp(app, selected);
  AddRepair(app, selected);
  AddSquash(app, selected);
  AddDump(app, selected);
  AddLoad(app, selected);
  AddLog(app, selected);
  AddWait(app, selected);
  AddEmbedded(app, selected);
}

}  // namespace sqlmig
