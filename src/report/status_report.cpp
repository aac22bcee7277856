#include "report/status_report.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/error_json.h"
#include "report/fleet_text.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/unparsed_json.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

using State = DatabaseStatus::State;

const char* ColorOf(State state) {
  switch (state) {
    case State::kCurrent:
      return "\033[32m";
    case State::kBehind:
    case State::kEmpty:
      return "\033[33m";
    case State::kDiverged:
    case State::kInterrupted:
    case State::kUnreachable:
      return "\033[31m";
  }
  return "";
}

std::string Section(const char* title, const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  std::string text = fmt::format("  {} ({})\n", title, ids.size());
  for (const std::string& id : ids) text += fmt::format("    {}\n", id);
  return text;
}

std::string AppliedSection(const DatabaseStatus& status) {
  std::size_t width = 0;
  for (const AppliedMigration* row : status.applied) width = std::max(width, row->id.str().size());
  std::string text = fmt::format("  applied ({})\n", status.applied.size());
  for (const AppliedMigration* row : status.applied) {
    text += fmt::format("    {:<{}}  {}  {} ms\n", row->id.str(), width, row->applied_at, row->duration_ms);
  }
  return status.applied.empty() ? std::string() : text;
}

std::string HalfwaySection(const DatabaseStatus& status) {
  std::string text;
  for (const DatabaseStatus::Halfway& halfway : status.halfway) {
    text += fmt::format("  {} replaces {} migrations, of which the database has {}; it lacks\n", halfway.id,
                        halfway.applied.size() + halfway.missing.size(), halfway.applied.size());
    for (const std::string& id : halfway.missing) text += fmt::format("    {}\n", id);
  }
  return text;
}

// What to type when a person has to decide; empty: nothing.
std::string NextText(const DatabaseStatus& status) {
  const std::string which = !status.choice.empty()     ? " " + status.choice
                            : status.name == "default" ? ""
                                                       : " -d " + status.name;
  if (!status.interrupted.empty()) {
    return fmt::format(
        "  next: the interrupted command, given again, goes on where it was; 'sqlmig repair{}' shows the "
        "other ways out\n",
        which);
  }
  if (!status.edited.empty()) {
    return fmt::format("  next: 'sqlmig repair{}' shows the ways out\n", which);
  }
  if (!status.halfway.empty()) {
    return fmt::format("  next: check out the release before the squash and run 'sqlmig apply{} {}' there\n", which,
                       status.halfway.front().missing.back());
  }
  if (!status.unknown.empty()) {
    return fmt::format("  next: update this checkout; 'sqlmig stamp{} --purge' forgets what it lacks\n", which);
  }
  if (!status.late.empty()) return fmt::format("  next: 'sqlmig apply{}' applies what is late too\n", which);
  return {};
}

std::vector<std::string> UnparsedTexts(const DatabaseStatus& status, const std::filesystem::path& folder) {
  std::vector<std::string> texts;
  for (const UnparsedScript& script : status.not_parsed) texts.push_back(UnparsedText(script, folder));
  return texts;
}

std::size_t MembersIn(const DatabaseStatus& fleet) {
  std::size_t members = 0;
  for (const MembersStatus& group : fleet.groups) members += group.names.size();
  return members;
}

// "19 current, 4 unreachable", in the order of the states.
std::string StateCounts(const DatabaseStatus& fleet) {
  std::map<int, std::size_t> counts;
  std::size_t unknown = 0;
  for (const MembersStatus& group : fleet.groups) {
    (group.status.state ? counts[static_cast<int>(*group.status.state)] : unknown) += group.names.size();
  }
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) {
    parts.push_back(fmt::format("{} {}", count, StateName(static_cast<State>(state))));
  }
  if (unknown > 0) parts.push_back(fmt::format("{} not known", unknown));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string TextOf(const DatabaseStatus& status, const StatusReport& report, bool color);

std::string FleetStatusText(const DatabaseStatus& fleet, const StatusReport& report, bool color) {
  if (fleet.error) return fmt::format("{}: not known\n  {}\n", fleet.name, fleet.error->message());
  if (fleet.groups.empty()) return fmt::format("{}: the fleet has no members\n", fleet.name);
  std::string text = fmt::format("{}: {}: {}\n", fleet.name, Counted(MembersIn(fleet), "member"), StateCounts(fleet));
  for (const MembersStatus& group : fleet.groups) text += TextOf(group.status, report, color);
  return text;
}

std::string TextOf(const DatabaseStatus& status, const StatusReport& report, bool color) {
  if (status.fleet) return FleetStatusText(status, report, color);
  if (!status.notice.empty()) return status.notice + "\n";
  const State state = status.state.value_or(State::kUnreachable);
  std::string text = fmt::format("{}: {}{}{}", status.name, color ? ColorOf(state) : "",
                                 status.state ? StateName(state) : "not known", color ? "\033[0m" : "");
  if (status.error) {
    text += fmt::format("\n  {}\n", status.error->message());
    return status.error->hint().empty() ? text : text + fmt::format("  hint: {}\n", status.error->hint());
  }
  text += fmt::format(", {} applied, {} pending\n", status.applied.size(), status.pending.size());
  if (!status.current.empty()) text += fmt::format("  at {}\n", fmt::join(status.current, ", "));
  if (report.verbose) text += AppliedSection(status);
  text += Section("pending", status.pending);
  text += Section("not parsed: the server will judge them", UnparsedTexts(status, report.folder));
  text += Section("late: below what is applied", status.late);
  text += Section("edited since they were applied", status.edited);
  text += Section("changed only in comments or white space since they were applied", status.relaid);
  text += Section("unknown: in the ledger, not in this checkout", status.unknown);
  text += HalfwaySection(status);
  text += Section("interrupted: a non-transactional step is half done", status.interrupted);
  text += Section("runs without an end: they run now, or died", status.unfinished_runs);
  if (status.heads.size() > 1) text += Section("several heads; 'sqlmig merge' joins them", status.heads);
  return text + NextText(status);
}

std::string MarkdownList(const char* title, const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  return fmt::format("- {}: `{}`\n", title, fmt::join(ids, "`, `"));
}

std::string HalfwayList(const DatabaseStatus& status) {
  std::string text;
  for (const DatabaseStatus::Halfway& halfway : status.halfway) {
    text += MarkdownList(fmt::format("halfway to {}, lacks", halfway.id).c_str(), halfway.missing);
  }
  return text;
}

// A fleet's entry is shown as its groups.
std::vector<const DatabaseStatus*> Shown(const StatusReport& report) {
  std::vector<const DatabaseStatus*> shown;
  for (const DatabaseStatus& status : report.databases) {
    if (!status.fleet || status.error) shown.push_back(&status);
    for (const MembersStatus& group : status.groups) shown.push_back(&group.status);
  }
  return shown;
}

std::string MarkdownOf(const StatusReport& report) {
  const std::vector<const DatabaseStatus*> shown = Shown(report);
  std::string text = "| database | state | applied | pending | at |\n|---|---|--:|--:|---|\n";
  for (const DatabaseStatus* const each : shown) {
    const DatabaseStatus& status = *each;
    const std::string at = !status.notice.empty() ? status.notice
                           : status.error         ? status.error->message()
                                                  : fmt::format("{}", fmt::join(status.current, ", "));
    const bool known = status.notice.empty() && !status.error;
    const auto count = [known](std::size_t number) { return known ? std::to_string(number) : std::string(); };
    text += fmt::format("| {} | {} | {} | {} | {} |\n", status.name, status.state ? StateName(*status.state) : "",
                        count(status.applied.size()), count(status.pending.size()), MarkdownCell(at));
  }
  for (const DatabaseStatus* const each : shown) {
    const DatabaseStatus& status = *each;
    const std::string lists =
        MarkdownList("pending", status.pending) + MarkdownList("not parsed", UnparsedTexts(status, report.folder)) +
        MarkdownList("late", status.late) + MarkdownList("edited", status.edited) +
        MarkdownList("unknown", status.unknown) + HalfwayList(status) + MarkdownList("interrupted", status.interrupted);
    if (!lists.empty()) text += fmt::format("\n**{}**\n\n{}", status.name, lists);
  }
  return text;
}

Json MemberJson(const std::string& name, const DatabaseStatus& status) {
  Json json{{"name", name},
            {"state", status.state ? Json(StateName(*status.state)) : Json()},
            {"applied_count", status.applied.size()},
            {"pending", status.pending},
            {"late", status.late},
            {"edited", status.edited},
            {"unknown", status.unknown},
            {"interrupted", status.interrupted},
            {"current", status.current}};
  if (status.error) json["error"] = ErrorJson(*status.error);
  return json;
}

Json FleetJson(const DatabaseStatus& fleet) {
  Json json{{"name", fleet.name}, {"counts", {{"members", MembersIn(fleet)}}}, {"members", Json::array()}};
  for (const MembersStatus& group : fleet.groups) {
    const char* const state = group.status.state ? StateName(*group.status.state) : "not_known";
    json["counts"][state] = json["counts"].value(state, std::size_t{0}) + group.names.size();
    for (const std::string& name : group.names) json["members"].push_back(MemberJson(name, group.status));
  }
  if (fleet.error) json["error"] = ErrorJson(*fleet.error);
  return json;
}

Json JsonOf(const DatabaseStatus& status) {
  if (status.fleet) return FleetJson(status);
  Json applied = Json::array();
  for (const AppliedMigration* row : status.applied) {
    applied.push_back(
        {{"id", row->id.str()}, {"at", row->applied_at}, {"run", row->run}, {"duration_ms", row->duration_ms}});
  }
  Json json{{"name", status.name},
            {"state", status.state ? Json(StateName(*status.state)) : Json()},
            {"applied", std::move(applied)},
            {"pending", status.pending},
            {"late", status.late},
            {"edited", status.edited},
            {"unknown", status.unknown},
            {"interrupted", status.interrupted},
            {"heads", status.heads},
            {"current", status.current},
            {"unfinished_runs", status.unfinished_runs}};
  // Only where there are some, which is rare.
  if (!status.relaid.empty()) json["comments_changed"] = status.relaid;
  for (const DatabaseStatus::Halfway& halfway : status.halfway) {
    json["halfway"].push_back({{"id", halfway.id}, {"applied", halfway.applied}, {"missing", halfway.missing}});
  }
  if (!status.not_parsed.empty()) json["not_parsed"] = UnparsedJson(status.not_parsed);
  if (!status.notice.empty()) json["notice"] = status.notice;
  if (status.error) json["error"] = ErrorJson(*status.error);
  return json;
}

}  // namespace

const char* StateName(State state) {
  switch (state) {
    case State::kEmpty:
      return "empty";
    case State::kCurrent:
      return "current";
    case State::kBehind:
      return "behind";
    case State::kDiverged:
      return "diverged";
    case State::kInterrupted:
      return "interrupted";
    case State::kUnreachable:
      return "unreachable";
  }
  return "";
}

std::string Render(const StatusReport& report, Format format, bool color) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    const Error* first = nullptr;
    for (const DatabaseStatus& status : report.databases) {
      document["databases"].push_back(JsonOf(status));
      if (first == nullptr && status.error) first = &*status.error;
    }
    if (first != nullptr) document["error"] = ErrorJson(*first);
    return JsonText(document);
  }
  if (format == Format::kMarkdown) return MarkdownOf(report);
  std::string text;
  for (const DatabaseStatus& status : report.databases) text += TextOf(status, report, color);
  return text;
}

}  // namespace sqlmig
