#pragma once

#include "cli/command.h"

namespace sqlmig {

// Adds every command to the program, in the order in which --help shows them.
void AddCommands(CLI::App& app, Selected& selected);

// One function a command, each in cli/commands/<name>.cpp.
void AddInit(CLI::App& app, Selected& selected);
void AddNew(CLI::App& app, Selected& selected);
void AddDownDraft(CLI::App& app, Selected& selected);
void AddMerge(CLI::App& app, Selected& selected);
void AddApply(CLI::App& app, Selected& selected);
void AddRollback(CLI::App& app, Selected& selected);
void AddRedo(CLI::App& app, Selected& selected);
void AddStatus(CLI::App& app, Selected& selected);
void AddCurrent(CLI::App& app, Selected& selected);
void AddHeads(CLI::App& app, Selected& selected);
void AddBranches(CLI::App& app, Selected& selected);
void AddHistory(CLI::App& app, Selected& selected);
void AddShow(CLI::App& app, Selected& selected);
void AddPlan(CLI::App& app, Selected& selected);
void AddCheck(CLI::App& app, Selected& selected);
void AddVerify(CLI::App& app, Selected& selected);
void AddDrift(CLI::App& app, Selected& selected);
void AddGraph(CLI::App& app, Selected& selected);
void AddStamp(CLI::App& app, Selected& selected);
void AddRepair(CLI::App& app, Selected& selected);
void AddSquash(CLI::App& app, Selected& selected);
void AddDump(CLI::App& app, Selected& selected);
void AddLoad(CLI::App& app, Selected& selected);
void AddLog(CLI::App& app, Selected& selected);
void AddWait(CLI::App& app, Selected& selected);
void AddEmbedded(CLI::App& app, Selected& selected);

}  // namespace sqlmig
