#pragma once

#include <string>

#include "cli/context.h"

namespace sqlmig {

// Shows what it is about and asks on the terminal; --yes answers. Throws kConfirmationNeeded when there is no terminal
// or the answer is no, kSignal when a signal comes instead of an answer.
void AskForConsent(Context& context, const std::string& question, const std::string& shown);

}  // namespace sqlmig
