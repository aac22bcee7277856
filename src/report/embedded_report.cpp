#include "report/embedded_report.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/json.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

using ServerState = EmbeddedStatus::State;

const char* StateWord(ServerState state) {
  switch (state) {
    case ServerState::kAbsent:
      return "absent";
    case ServerState::kStopped:
      return "stopped";
    case ServerState::kRunning:
      return "running";
  }
  return "";
}

std::string TextOf(const EmbeddedReport& report) {
  const EmbeddedStatus& status = report.status;
  if (status.state == ServerState::kAbsent) {
    if (report.action == "destroy") {
      return report.existed ? "the embedded PostgreSQL and its data are gone\n"
                            : "there was nothing to remove: this project has no embedded PostgreSQL; 'sqlmig embedded "
                              "status --all' shows those of other folders\n";
    }
    return "there is no embedded PostgreSQL for this project; 'sqlmig embedded start' makes one\n";
  }
  std::string text = fmt::format("embedded PostgreSQL {}: {}", status.server_major, StateWord(status.state));
  if (status.state == ServerState::kRunning) text += fmt::format(" (pid {})", status.pid);
  std::vector<std::pair<std::string, std::string>> lines = {{"data", status.data_directory.string()},
                                                            {"log", status.log_file.string()}};
  if (status.state == ServerState::kRunning)
    lines.insert(lines.begin() + 1, {"socket", status.socket_directory.string()});
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

void AddStatus(const EmbeddedStatus& status, Json* json) {
  const bool running = status.state == ServerState::kRunning;
  (*json)["state"] = StateWord(status.state);
  (*json)["server_major"] = NumberOrNull(status.server_major);
  (*json)["pid"] = running ? NumberOrNull(status.pid) : Json();
  (*json)["data_directory"] = PathOrNull(status.data_directory);
  (*json)["socket_directory"] = running ? PathOrNull(status.socket_directory) : Json();
  (*json)["port"] = running ? Json(status.port) : Json();
  (*json)["log_file"] = PathOrNull(status.log_file);
}

std::string TextOf(const EmbeddedListReport& report) {
  if (report.servers.empty()) return "there is no embedded PostgreSQL\n";
  std::string text;
  for (const EmbeddedStatus& status : report.servers) {
    text += fmt::format("{:<7}  {}\n", StateWord(status.state), Printable(status.project_folder.string()));
  }
  return text + "'sqlmig embedded stop --project FOLDER' stops one, 'destroy --project FOLDER' removes it\n";
}

}  // namespace

std::string Render(const EmbeddedListReport& report, Format format) {
  if (format != Format::kJson) return TextOf(report);
  Json document = JsonDocument(report.command);
  document["action"] = "status";
  document["servers"] = Json::array();
  for (const EmbeddedStatus& status : report.servers) {
    Json server;
    server["project_folder"] = status.project_folder.string();
    AddStatus(status, &server);
    document["servers"].push_back(std::move(server));
  }
  return JsonText(document);
}

std::string Render(const EmbeddedReport& report, Format format) {
  if (format != Format::kJson) return TextOf(report);
  Json document = JsonDocument(report.command);
  document["action"] = report.action;
  AddStatus(report.status, &document);
  document["databases"] = Json::array();
  for (const auto& database : report.databases) {
    document["databases"].push_back({{"name", database.name}, {"url", database.url}});
  }
  return JsonText(document);
}

}  // namespace sqlmig
