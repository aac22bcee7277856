#include "report/embedded_report.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/json.h"

namespace sqlmig {
namespace {

using State = EmbeddedStatus::State;

const char* StateWord(State state) {
  switch (state) {
    case State::kAbsent:
      return "absent";
    case State::kStopped:
      return "stopped";
    case State::kRunning:
      return "running";
  }
  return "";
}

std::string TextOf(const EmbeddedReport& report) {
  const EmbeddedStatus& status = report.status;
  if (status.state == State::kAbsent) {
    return report.action == "destroy"
               ? "the embedded PostgreSQL and its data are gone\n"
               : "there is no embedded PostgreSQL for this project; 'sqlmig embedded start' makes one\n";
  }
  std::string text = fmt::format("embedded PostgreSQL {}: {}", status.server_major, StateWord(status.state));
  if (status.state == State::kRunning) text += fmt::format(" (pid {})", status.pid);
  std::vector<std::pair<std::string, std::string>> lines = {{"data", status.data_directory.string()},
                                                            {"log", status.log_file.string()}};
  if (status.state == State::kRunning) lines.insert(lines.begin() + 1, {"socket", status.socket_directory.string()});
  for (const auto& database : report.databases) lines.emplace_back(database.name, database.url);
  std::size_t width = 0;
  for (const auto& [name, value] : lines) width = std::max(width, name.size());
  text += "\n";
  for (const auto& [name, value] : lines) text += fmt::format("  {:<{}}  {}\n", name, width, value);
  return text;
}

Json PathOrNull(const std::filesystem::path& path) {
  return path.empty() ? Json() : Json(path.string());
}
Json NumberOrNull(int number) {
  return number == 0 ? Json() : Json(number);
}

}  // namespace

std::string Render(const EmbeddedReport& report, Format format) {
  if (format != Format::kJson) return TextOf(report);
  const EmbeddedStatus& status = report.status;
  const bool running = status.state == State::kRunning;
  Json document = JsonDocument(report.command);
  document["action"] = report.action;
  document["state"] = StateWord(status.state);
  document["server_major"] = NumberOrNull(status.server_major);
  document["pid"] = running ? NumberOrNull(status.pid) : Json();
  document["data_directory"] = PathOrNull(status.data_directory);
  document["socket_directory"] = running ? PathOrNull(status.socket_directory) : Json();
  document["port"] = running ? Json(status.port) : Json();
  document["log_file"] = PathOrNull(status.log_file);
  document["databases"] = Json::array();
  for (const auto& database : report.databases) {
    document["databases"].push_back({{"name", database.name}, {"url", database.url}});
  }
  return JsonText(document);
}

}  // namespace sqlmig
