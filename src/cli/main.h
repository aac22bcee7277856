#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace sqlmig {

// The whole program: parses `arguments` (without the program's name), runs the command, reports errors; gives the exit
// status. Never throws.
int Main(const std::vector<std::string>& arguments, Context& context);

}  // namespace sqlmig
