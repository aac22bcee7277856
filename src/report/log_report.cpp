#include "report/log_report.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "report/error_json.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

using Table = std::vector<std::vector<std::string>>;

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "2026-11-22T16:11:58.123Z" as milliseconds since 1970.
std::optional<std::int64_t> Milliseconds(std::string_view time) {
  if (time.size() != 24) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t size) { return Number(time.substr(at, size)); };
  const auto year = part(0, 4);
  const auto month = part(5, 2);
  const auto day = part(8, 2);
  const auto hour = part(11, 2);
  const auto minute = part(14, 2);
  const auto second = part(17, 2);
  const auto fraction = part(20, 3);
  if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + *hour) * 60 + *minute) * 60'000 + *second * 1000 + *fraction;
}

std::optional<std::int64_t> DurationOf(const LogRun& run) {
  const auto start = Milliseconds(run.started_at);
  const auto end = Milliseconds(run.ended_at);
  if (!start || !end) return std::nullopt;
  return *end - *start;
}

std::string Duration(std::optional<std::int64_t> ms) {
  if (!ms) return {};
  if (*ms < 1000) return fmt::format("{} ms", *ms);
  if (*ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(*ms) / 1000);
  return fmt::format("{} min {} s", *ms / 60'000, *ms / 1000 % 60);
}

// To the second: the JSON form has the rest.
std::string ShortTime(const std::string& time) {
  return time.size() == 24 ? time.substr(0, 19) + "Z" : time;
}
// Enough of a UUID to name it; --run takes any unique beginning.
std::string ShortId(const std::string& id) {
  return id.substr(0, 8);
}

std::string OutcomeOf(const LogRun& run) {
  return run.ended_at.empty() ? "(no end: it runs now, or died)" : run.outcome;
}

// Columns as wide as their widest cell; the last one is not padded.
std::string Aligned(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], CountCharacters(row[c]));
  }
  std::string text;
  for (const auto& row : table) {
    std::string line = "  ";
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += row[c] + std::string(widths[c] - CountCharacters(row[c]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// What the ledger holds was typed by others: one line, no control characters.
std::string CellText(const std::string& text) {
  std::string cell = Printable(text);
  std::replace(cell.begin(), cell.end(), '\n', ' ');
  std::replace(cell.begin(), cell.end(), '\t', ' ');
  return cell;
}

std::string What(const LogEvent& event) {
  std::string what = event.kind;
  if (!event.statement.empty()) what += " " + event.statement;
  if (!event.direction.empty()) what += fmt::format(" ({})", event.direction);
  return CellText(what);
}

std::string Remark(const LogEvent& event) {
  const std::string state = event.sqlstate.empty() ? std::string() : fmt::format(" ({})", event.sqlstate);
  const bool told = !event.sqlstate.empty() && event.message.find(event.sqlstate) != std::string::npos;
  return CellText(event.message + (told ? std::string() : state));
}

std::string RunsText(const std::vector<LogRun>& runs) {
  Table table = {{"run", "started", "took", "command", "outcome", "by"}};
  for (const LogRun& run : runs) {
    const std::string command = run.target.empty() ? run.command : run.command + " " + run.target;
    table.push_back({ShortId(run.id), ShortTime(run.started_at), Duration(DurationOf(run)), CellText(command),
                     OutcomeOf(run), CellText(fmt::format("{}@{} as {}", run.os_user, run.host, run.db_user))});
  }
  return Aligned(table);
}

std::string EventsText(const std::vector<LogEvent>& events, bool with_run) {
  Table table;
  for (const LogEvent& event : events) {
    std::vector<std::string> row = {ShortTime(event.at)};
    if (with_run) row.push_back(ShortId(event.run));
    row.insert(row.end(), {What(event), CellText(event.migration), Duration(Number(event.duration_ms)), Remark(event)});
    table.push_back(std::move(row));
  }
  return Aligned(table);
}

std::string OneRunText(const LogRun& run) {
  std::string text = fmt::format("run {}\n", run.id);
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<8}  {}\n", name, CellText(value));
  };
  line("command", run.command);
  line("target", run.target);
  line("started", run.started_at);
  line("ended", run.ended_at);
  line("took", Duration(DurationOf(run)));
  line("outcome", OutcomeOf(run));
  line("by", fmt::format("{}@{} as {}", run.os_user, run.host, run.db_user));
  line("version", run.tool_version);
  return text + (run.events.empty() ? std::string() : "events\n" + EventsText(run.events, false));
}

std::string TextOf(const DatabaseLog& database, LogReport::Kind kind, bool named) {
  if (database.error) return {};
  if (!database.notice.empty()) return database.notice + "\n";
  const std::string head = named ? database.name + "\n" : std::string();
  switch (kind) {
    case LogReport::Kind::kRuns:
      return database.runs.empty() ? fmt::format("{}: no runs\n", database.name) : head + RunsText(database.runs);
    case LogReport::Kind::kEvents:
      return database.events.empty() ? fmt::format("{}: no events\n", database.name)
                                     : head + EventsText(database.events, true);
    case LogReport::Kind::kOneRun: {
      std::string text;
      for (const LogRun& run : database.runs) text += head + OneRunText(run);
      return text;
    }
  }
  return {};
}

Json NumberOrNull(const std::string& text) {
  const auto number = Number(text);
  return number ? Json(*number) : Json();
}

Json JsonOf(const LogEvent& event) {
  return {{"id", NumberOrNull(event.id)},
          {"at", event.at},
          {"run", event.run},
          {"migration", TextOrNull(event.migration)},
          {"direction", TextOrNull(event.direction)},
          {"kind", event.kind},
          {"duration_ms", NumberOrNull(event.duration_ms)},
          {"statement", NumberOrNull(event.statement)},
          {"sqlstate", TextOrNull(event.sqlstate)},
          {"message", TextOrNull(WithoutSqlstate(event.message, event.sqlstate))}};
}

Json EventsJson(const std::vector<LogEvent>& events) {
  Json array = Json::array();
  for (const LogEvent& event : events) array.push_back(JsonOf(event));
  return array;
}

Json JsonOf(const LogRun& run, bool with_events) {
  const auto duration = DurationOf(run);
  Json json{{"id", run.id},
            {"command", run.command},
            {"target", run.target},
            {"tool_version", run.tool_version},
            {"db_user", run.db_user},
            {"os_user", run.os_user},
            {"host", run.host},
            {"started_at", run.started_at},
            {"ended_at", TextOrNull(run.ended_at)},
            {"duration_ms", duration ? Json(*duration) : Json()},
            {"outcome", TextOrNull(run.outcome)}};
  if (with_events) json["events"] = EventsJson(run.events);
  return json;
}

Json JsonOf(const DatabaseLog& database, LogReport::Kind kind) {
  Json json{{"name", database.name}};
  if (kind == LogReport::Kind::kEvents) {
    json["events"] = EventsJson(database.events);
  } else {
    json["runs"] = Json::array();
    for (const LogRun& run : database.runs) json["runs"].push_back(JsonOf(run, kind == LogReport::Kind::kOneRun));
  }
  if (!database.notice.empty()) json["notice"] = database.notice;
  if (database.error) json["error"] = ErrorJson(*database.error);
  return json;
}

}  // namespace

std::string Render(const LogReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    const Error* first = nullptr;
    for (const DatabaseLog& database : report.databases) {
      document["databases"].push_back(JsonOf(database, report.kind));
      if (first == nullptr && database.error) first = &*database.error;
    }
    if (first != nullptr) document["error"] = ErrorJson(*first);
    return JsonText(document);
  }
  std::string text;
  for (const DatabaseLog& database : report.databases)
    text += TextOf(database, report.kind, report.databases.size() > 1);
  return text;
}

}  // namespace sqlmig
