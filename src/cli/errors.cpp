#include "cli/errors.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/exit_status.h"
#include "cli/progress.h"
#include "report/error_report.h"

namespace sqlmig {
namespace {

int StatusOf(const Context& context, const Error& error) {
  return ExitStatusOf(error.code(), context.interrupt == nullptr ? 0 : context.interrupt->signal.load());
}

}  // namespace

int ReportError(Context& context, const Error& error) {
  if (context.global.format == Format::kJson) context.out << ErrorJsonText(context.command, error) << std::flush;
  context.err << ErrorText(error, context.ColorFor(context.err_is_terminal), context.folder) << std::flush;
  LogError(context, "", error);
  return StatusOf(context, error);
}

int ReportErrors(Context& context, const std::vector<Error>& errors, std::size_t selected) {
  for (const Error& error : errors) {
    context.err << ErrorText(error, context.ColorFor(context.err_is_terminal), context.folder) << std::flush;
  }
  return StatusOfErrors(context, errors, selected);
}

int StatusOfErrors(const Context& context, const std::vector<Error>& errors, std::size_t selected) {
  if (errors.empty()) return exit_status::kDone;
  const auto stopped =
      std::find_if(errors.begin(), errors.end(), [](const Error& error) { return error.code() == ErrorCode::kSignal; });
  if (stopped != errors.end()) return StatusOf(context, *stopped);
  const int first = StatusOf(context, errors.front());
  const bool same =
      std::all_of(errors.begin(), errors.end(), [&](const Error& error) { return StatusOf(context, error) == first; });
  return same && errors.size() == selected ? first : exit_status::kPartial;
}

std::optional<Error> TryDatabase(Context& context, const DatabaseEntry& database, std::size_t selected,
                                 const std::function<void()>& look) {
  try {
    look();
    return std::nullopt;
  } catch (const Error& error) {
    if (selected == 1 || error.code() == ErrorCode::kSignal || !context.global.url.empty()) throw;
    LogError(context, "", error);
    Error named = error;
    named.AddContext(fmt::format("in database '{}'", database.name));
    return named;
  }
}

}  // namespace sqlmig
