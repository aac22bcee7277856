#include "cli/consent.h"

#include <fmt/format.h>

#include "support/error.h"

namespace sqlmig {

void AskForConsent(Context& context, const std::string& question, const std::string& shown) {
  if (context.global.yes) return;
  if (!context.in_is_terminal || !context.err_is_terminal) {
    context.err << shown;
    throw Error(ErrorCode::kConfirmationNeeded,
                fmt::format("{} needs a yes, and there is no terminal to ask on", question))
        .Hint("add --yes when this is what you want");
  }
  context.err << shown << question << "? [y/N] " << std::flush;
  const std::optional<std::string> answer = context.read_line();
  if (!answer) {
    context.err << "\n";
    throw Error(ErrorCode::kSignal, "stopped by a signal instead of an answer; nothing was changed")
        .Hint("run the command again to be asked again");
  }
  if (*answer == "y" || *answer == "Y" || *answer == "yes") return;
  throw Error(ErrorCode::kConfirmationNeeded, "not confirmed; nothing was changed");
}

}  // namespace sqlmig
