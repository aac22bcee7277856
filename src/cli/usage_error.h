// The option parser's complaints in our words.
#pragma once

#include <CLI/CLI.hpp>

#include "support/error.h"

namespace sqlmig {

// What to say of `error`, which parsing the arguments of `app` ended with. Has a hint.
Error UsageError(const CLI::ParseError& error, const CLI::App& app);

// The command that parsing had come to; null: none.
const CLI::App* ParsedCommand(const CLI::App& app);

}  // namespace sqlmig
