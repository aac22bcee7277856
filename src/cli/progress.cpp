#include "cli/progress.h"

#include <chrono>

#include <fmt/format.h>

#include "cli/log.h"
#include "report/receipt_report.h"
#include "support/mask_passwords.h"
#include "support/overloaded.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

class Progress {
 public:
  Progress(Context& context, std::string database, bool named)
      : context_(context), database_(std::move(database)), prefix_(named ? database_ + ": " : "") {
    shown_ = !context.global.quiet && !context.global.no_progress;
    live_ = shown_ && context.err_is_terminal && context.global.verbose == 0;
  }

  void Line(const std::string& text) {
    if (!shown_) return;
    ClearLive();
    context_.err << text << "\n" << std::flush;
  }

  void Live(const std::string& text) {
    if (!live_) return;
    const std::string cut = CountCharacters(text) >= static_cast<std::size_t>(context_.columns)
                                ? text.substr(0, ByteOfCharacter(text, static_cast<std::size_t>(context_.columns) - 1))
                                : text;
    context_.err << "\r\033[K" << cut << std::flush;
    dirty_ = true;
  }

  // What changes all the time: on a terminal in place, elsewhere a line every ten seconds.
  void Status(const std::string& text) {
    if (live_) return Live(text);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_status_) return;
    next_status_ = now + std::chrono::seconds(10);
    Line(text);
  }

  void ClearLive() {
    if (dirty_) context_.err << "\r\033[K" << std::flush;
    dirty_ = false;
  }

  bool live() const { return live_; }
  const std::string& database() const { return database_; }

  // "[2/3] up   create_bots", behind the database's name where there are several.
  std::string StepText(std::size_t number, std::size_t steps, const Step& step) const {
    const std::string total = std::to_string(steps);
    return fmt::format("{}[{:>{}}/{}] {:<4} {}", prefix_, number, total.size(), total, DirectionName(step.direction),
                       step.id.str());
  }

 private:
  Context& context_;
  std::string database_;
  std::string prefix_;
  bool shown_ = false;
  bool live_ = false;
  bool dirty_ = false;
  std::chrono::steady_clock::time_point next_status_{};
};

// What a person sees of an event.
void Show(Progress& progress, const Event& event) {
  std::visit(
      Overloaded{
          [&](const LockWaiting& e) {
            const std::string text = fmt::format("{}: waiting for another run{}, {} s", progress.database(),
                                                 e.holder.empty() ? "" : ": " + e.holder, e.waited.count() / 1000);
            if (progress.live()) {
              progress.Live(text);
            } else if (e.first) {
              progress.Line(text);
            }
          },
          [](const RunStarted&) {},
          [&](const StepStarted& e) { progress.Live(progress.StepText(e.number, e.steps, e.step)); },
          [&](const StepRetried& e) {
            progress.Line(fmt::format("{}: {}: {}; rolled back, attempt {} failed, again in {} ms{}",
                                      progress.database(), e.step.id.str(), e.reason, e.attempt, e.wait.count(),
                                      e.blocked_by.empty() ? "" : "; blocked by " + e.blocked_by));
          },
          [](const ServerNotice&) {},
          [&](const UnitProgress& e) { progress.Status(fmt::format("{}: {}", e.step.id.str(), e.text)); },
          [&](const UnitFinished& e) {
            progress.Live(fmt::format("{} statement {}/{} done", e.step.id.str(), e.number, e.units));
          },
          [&](const StepFinished& e) {
            const std::string text =
                fmt::format("{}  {} ms", progress.StepText(e.number, e.steps, e.step), e.duration_ms);
            progress.live() ? progress.Live(text) : progress.Line(text);
          },
          [](const ReceiptTaken&) {},
          [&](const StepFailed& e) {
            progress.Line(fmt::format("{}  failed", progress.StepText(e.number, e.steps, e.step)));
          },
          [&](const ConnectionLost& e) {
            progress.Line(
                fmt::format("{}: {} in {}; connecting again", progress.database(), e.reason, e.step.id.str()));
          },
          [&](const OutcomeSettled& e) {
            const std::string outcome =
                e.committed         ? "had been committed"
                : e.done_units == 0 ? "had not been committed; it is run again"
                                    : fmt::format("was not at its end; it goes on with statement {}", e.done_units + 1);
            progress.Line(fmt::format("{}: {} {}", progress.database(), e.step.id.str(), outcome));
          },
          [&](const RunFinished&) { progress.ClearLive(); },
      },
      event);
}

// What the log keeps of it; empty: nothing.
std::string LogText(const std::string& database, const Event& event) {
  const auto step = [](const Step& s) { return fmt::format("{} {}", DirectionName(s.direction), s.id.str()); };
  return std::visit(
      Overloaded{
          [&](const LockWaiting& e) {
            return e.first ? fmt::format("db={} waiting for the run lock; holder: {}", database, e.holder) : "";
          },
          [&](const RunStarted& e) { return fmt::format("db={} run started, {} steps", database, e.steps); },
          [&](const StepStarted& e) { return fmt::format("db={} {} started", database, step(e.step)); },
          [&](const StepRetried& e) {
            return fmt::format("db={} {} rolled back for a retry (attempt {}): {}{}", database, step(e.step), e.attempt,
                               e.reason, e.blocked_by.empty() ? "" : "; blocked by " + e.blocked_by);
          },
          [](const UnitProgress&) { return std::string(); },
          [](const ServerNotice& e) { return fmt::format("{}: {}", e.severity, e.message); },
          [&](const UnitFinished& e) {
            return fmt::format("db={} {} statement {}/{} done", database, step(e.step), e.number, e.units);
          },
          [&](const StepFinished& e) {
            return fmt::format("db={} {} done in {} ms", database, step(e.step), e.duration_ms);
          },
          [&](const ReceiptTaken& e) {
            const std::string what = e.problem.empty() ? ReceiptLine(e.receipt) : "not written: " + e.problem;
            return fmt::format("db={} {} receipt: {}", database, step(e.step), what);
          },
          [&](const StepFailed& e) {
            return fmt::format("db={} {} failed: {}", database, step(e.step), e.error.message());
          },
          [&](const ConnectionLost& e) {
            return fmt::format("db={} connection lost in {}: {}", database, step(e.step), e.reason);
          },
          [&](const OutcomeSettled& e) {
            if (!e.committed && e.done_units > 0) {
              return fmt::format("db={} {} was committed up to statement {}", database, step(e.step), e.done_units);
            }
            return fmt::format("db={} {} was {}committed", database, step(e.step), e.committed ? "" : "not ");
          },
          [&](const RunFinished& e) { return fmt::format("db={} run ended: {}", database, e.outcome); },
      },
      event);
}

}  // namespace

Observer MakeObserver(Context& context, const std::string& database, const std::string& run, bool named) {
  auto progress = std::make_shared<Progress>(context, database, named);
  return [&context, progress, database, run](const Event& event) {
    Show(*progress, event);
    if (const std::string text = LogText(database, event); !text.empty()) LogLine(context, run, Printable(text));
  };
}

std::function<void(const Notice&)> MakeNoticeHandler(Context& context, const std::string& database,
                                                     const std::string& run) {
  return [&context, database, run](const Notice& notice) {
    const std::string text = fmt::format("db={} {}: {}", database, notice.severity, Printable(notice.message));
    if (context.log) context.log->Write(notice.severity == "WARNING" ? LogLevel::kWarning : LogLevel::kInfo, run, text);
    const bool shown = notice.severity == "WARNING" ? !context.global.quiet : context.global.verbose > 0;
    if (shown)
      context.err << fmt::format("{}: server: {}: {}\n", database, notice.severity,
                                 MaskPasswords(Printable(notice.message)));
  };
}

void Warn(Context& context, const std::string& text) {
  if (!context.global.quiet) context.err << "warning: " << MaskPasswords(Printable(text)) << "\n";
  if (context.log) context.log->Write(LogLevel::kWarning, "", text);
}

void LogLine(Context& context, const std::string& run, const std::string& text) {
  if (context.log) context.log->Write(LogLevel::kInfo, run, text);
}

void LogError(Context& context, const std::string& run, const Error& error) {
  if (!context.log) return;
  const std::string place = error.has_location() ? fmt::format("{}:{}:{}: ", error.location().file.string(),
                                                               error.location().at.line, error.location().at.column)
                                                 : "";
  context.log->Write(
      LogLevel::kError, run,
      Printable(fmt::format("{} {}: {}{}", context.command, ErrorCodeName(error.code()), place, error.message())));
}

}  // namespace sqlmig
