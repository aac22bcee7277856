#include "cli/work_progress.h"

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {

WorkProgress::WorkProgress(Context& context, std::string prefix) : context_(context), prefix_(std::move(prefix)) {
  shown_ = !context.global.quiet && !context.global.no_progress;
  live_ = shown_ && context.err_is_terminal && context.global.verbose == 0;
}

WorkProgress::~WorkProgress() {
  if (dirty_) context_.err << "\r\033[K" << std::flush;
}

void WorkProgress::Show(std::size_t done, std::size_t total, const std::string& text) {
  if (!shown_) return;
  const std::string number = std::to_string(total);
  const std::string line = fmt::format("{}[{:>{}}/{}] {}", prefix_, done, number.size(), number, text);
  if (!live_) {
    context_.err << line << "\n" << std::flush;
    return;
  }
  const auto columns = static_cast<std::size_t>(context_.columns);
  const bool fits = CountCharacters(line) < columns;
  context_.err << "\r\033[K" << (fits ? line : line.substr(0, ByteOfCharacter(line, columns - 1))) << std::flush;
  dirty_ = true;
}

}  // namespace sqlmig
