#include "cli/fleet_list.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "embedded/program.h"
#include "fleet/members.h"
#include "pg/connection.h"
#include "sqltext/script.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxListBytes = std::size_t{64} << 20U;
constexpr std::chrono::minutes kCommandTime(2);

// A file or what a command has written: a YAML list, which a JSON one is too, or comma-separated values.
MemberTable ParseMembers(std::string_view text, std::string source) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool yaml = first != std::string_view::npos && (text[first] == '-' || text[first] == '[' || text[first] == '#');
  return yaml ? ParseMemberYaml(text, std::move(source)) : ParseMemberCsv(text, std::move(source));
}

MemberTable FromFile(const Project& project, const Fleet& fleet) {
  return ParseMembers(ReadFile(project.manifest.folder() / fleet.file, kMaxListBytes), fleet.file);
}

// The command's own variables are those of sqlmig itself.
std::vector<std::string> OwnEnvironment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

MemberTable FromCommand(const Project& project, const Context& context, const DatabaseEntry& database) {
  Program program;
  program.path = "/bin/sh";
  const std::string folder = std::filesystem::absolute(project.manifest.folder()).string();
  program.arguments = {"-c", "cd \"$0\" && eval \"$1\"", folder, database.fleet->command};
  program.environment = OwnEnvironment();
  program.errors_apart = true;
  program.max_output = kMaxListBytes;
  const std::string source = fmt::format("the command that lists the members of {}", database.name);
  const ProgramResult result = RunProgram(program, Deadline(kCommandTime, context.interrupt, source + " was running"));
  if (result.exit_status != 0 || result.cut) {
    const std::string why =
        result.cut ? "has written too much" : fmt::format("ended with status {}", result.exit_status);
    const std::string said = result.errors.substr(0, result.errors.find('\n'));
    throw Error(ErrorCode::kMember, fmt::format("{} {}{}", source, why, said.empty() ? "" : ": " + Printable(said)))
        .At(project.manifest.Location(database.fleet->declared_at))
        .Hint("no member was touched; run the command by hand in the manifest's folder");
  }
  return ParseMembers(result.output, source);
}

Conninfo RegistryOf(const Project& project, const Context& context, const DatabaseEntry& database) {
  const DatabaseEntry* const registry = project.manifest.Find(database.fleet->registry);
  const auto conninfo = FindConninfo(project, context, *registry, project.manifest.databases.size());
  if (conninfo) return *conninfo;
  throw Error(ErrorCode::kMember, fmt::format("the registry of {} is a fleet itself", database.name))
      .At(project.manifest.Location(database.fleet->declared_at))
      .Hint("name a database that is one");
}

// Reads only, in a transaction that the query cannot end.
MemberTable FromRegistry(const Project& project, const Context& context, const DatabaseEntry& database,
                         const Conninfo& registry) {
  const Fleet& fleet = *database.fleet;
  const auto refused = [&](std::string message, std::string hint) {
    return Error(ErrorCode::kMember, fmt::format("the query that lists the members of {} {}", database.name, message))
        .At(project.manifest.Location(fleet.declared_at))
        .Hint(std::move(hint));
  };
  const ParsedScript query = ParseScript(fleet.query, project.manifest.file.filename(), ScriptMode::kTransactional);
  if (query.statements.size() != 1)
    throw refused("is not one statement", "one SELECT gives name and url of each member");
  Connection connection =
      Connection::Open(registry, SettingsOf(*project.manifest.Find(fleet.registry)), context.interrupt);
  connection.Query("BEGIN TRANSACTION READ ONLY");
  MessageOutcome outcome = connection.TryQuery(query.sql);
  if (outcome.error && outcome.cancelled) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (outcome.error) {
    Error error = ToError(*outcome.error);
    error.AddContext(
        fmt::format("in the query that lists the members of '{}', in '{}'", database.name, fleet.registry));
    throw error;
  }
  connection.Query("ROLLBACK");
  if (outcome.rows.size() != 1 || outcome.rows[0].columns.empty())
    throw refused("gives no rows", "one SELECT gives name and url of each member");
  MemberTable table;
  table.source = fmt::format("the registry {}", fleet.registry);
  table.columns = std::move(outcome.rows[0].columns);
  table.rows.reserve(outcome.rows[0].size());
  for (auto& values : outcome.rows[0].rows) {
    table.rows.push_back({std::move(values), static_cast<int>(table.rows.size()) + 1});
  }
  return table;
}

}  // namespace

bool IsFleet(const Project& project, const Context& context, const DatabaseEntry& database) {
  return database.fleet.has_value() && context.global.url.empty() && !context.global.embedded &&
         project.environment(UrlVariable(database.name)).value_or("").empty();
}

void RequireFleet(const FleetOptions& options, const Project& project, const Context& context,
                  const std::vector<const DatabaseEntry*>& selected) {
  const bool has = std::any_of(selected.begin(), selected.end(),
                               [&](const DatabaseEntry* database) { return IsFleet(project, context, *database); });
  if (!options.given || has) return;
  throw Error(ErrorCode::kUsage, "--only, --exclude, --jobs and --max-failures are for the members of a fleet")
      .Hint(std::none_of(selected.begin(), selected.end(),
                         [](const DatabaseEntry* database) { return database->fleet.has_value(); })
                ? "no database that is selected has 'fleet:' in the manifest"
                : "--url, SQLMIG_<NAME>_URL or --embedded names one member already");
}

std::vector<Member> ListMembers(const Project& project, const Context& context, const DatabaseEntry& database,
                                const FleetOptions& options) {
  const Fleet& fleet = *database.fleet;
  MemberPlaces places;
  places.environment = project.environment;
  MemberTable table;
  if (!fleet.registry.empty()) {
    places.base = RegistryOf(project, context, database);
    table = FromRegistry(project, context, database, *places.base);
  } else {
    table = fleet.file.empty() ? FromCommand(project, context, database) : FromFile(project, fleet);
  }
  if (!fleet.url.empty()) places.base = Conninfo::Parse(fleet.url);
  std::vector<Member> members = Filtered(MakeMembers(table, places), options.filter);
  if (options.by_name) {
    std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
  }
  return members;
}

std::string ServerOf(const Member& member) {
  if (!member.conninfo) return "";
  std::string server;
  for (const char* key : {"service", "hostaddr", "host", "port"}) {
    const std::string* const value = member.conninfo->Find(key);
    server += value == nullptr ? "\n" : *value + "\n";
  }
  return server;
}

}  // namespace sqlmig
