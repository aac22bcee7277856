#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/latin.h"
#include "manifest/edit.h"
#include "report/created_report.h"
#include "support/file.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;

struct InitOptions {
  std::string folder;
  std::string project;
};

std::filesystem::path ManifestPath(const InitOptions& options, const Context& context) {
  if (context.global.manifest.empty()) return std::filesystem::path(options.folder) / "migrations.yaml";
  if (options.folder.empty()) return context.global.manifest;
  throw Error(ErrorCode::kUsage, "both a folder and --manifest say where the manifest is to be")
      .Hint("give one of them");
}

std::string ProjectName(const InitOptions& options, const std::filesystem::path& folder) {
  if (!options.project.empty()) return options.project;
  std::error_code ignored;
  return WithoutMarks(std::filesystem::weakly_canonical(folder.empty() ? "." : folder, ignored).filename().string());
}

// The manifest's text and the project's name in it. A name that was asked for is taken as it is or not at all.
std::pair<std::string, std::string> MakeManifest(const InitOptions& options, const std::filesystem::path& file,
                                                 const std::filesystem::path& folder) {
  const std::string text = EmptyManifest(ProjectName(options, folder));
  const LoadedManifest loaded = ParseManifest(file, text, [](std::string_view) { return std::nullopt; });
  ThrowAll(loaded.problems);
  const std::string& project = loaded.manifest.project;
  if (!options.project.empty() && options.project != project) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' cannot be a project's name", options.project))
        .Hint(fmt::format("use letters, digits, '_', '-' and '.', such as '{}'", project));
  }
  return {text, project};
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

// Adds the lines that the file lacks, in its own style of line ends.
void AddLines(const std::filesystem::path& file, const std::vector<std::string>& wanted, InitReport* report) {
  std::error_code ignored;
  const bool exists = std::filesystem::exists(file, ignored);
  std::string text = exists ? ReadFile(file, kMaxBytes) : std::string();
  const std::vector<std::string> lines = LinesOf(text);
  const std::string end = text.find("\r\n") == std::string::npos ? "\n" : "\r\n";
  const std::size_t before = text.size();
  if (!text.empty() && text.back() != '\n') text += end;
  const std::size_t start = text.size();
  for (const std::string& line : wanted) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) text += line + end;
  }
  if (text.size() == start && before > 0) return;
  ReplaceFile(file, text);
  (exists ? report->changed : report->created).push_back(file.string());
}

void MakeFolder(const std::filesystem::path& folder, InitReport* report) {
  std::error_code failed;
  if (std::filesystem::create_directories(folder, failed)) report->created.push_back((folder / "").string());
  if (failed) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make the folder '{}': {}", folder.string(), failed.message()));
  }
}

// The manifest is written last: what fails before can be done again.
int RunInit(const InitOptions& options, Context& context) {
  const std::filesystem::path file = ManifestPath(options, context);
  const std::filesystem::path folder = file.parent_path();
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' exists already", file.string()))
        .Hint("'sqlmig new NAME' adds a migration to it; remove the file to begin anew");
  }
  const auto [text, project] = MakeManifest(options, file, folder);
  InitReport report;
  report.project = project;
  report.folder = folder == "." ? "" : folder.string();
  MakeFolder(folder / "sql", &report);
  AddLines(folder / ".gitattributes", {file.filename().string() + " merge=union", "*.sql text eol=lf"}, &report);
  AddLines(folder / ".gitignore", {"/sqlmig.log", "/.env"}, &report);
  CreateFile(file, text);
  report.created.insert(report.created.begin(), file.string());
  context.out << Render(report, context.global.format) << std::flush;
  return exit_status::kDone;
}

}  // namespace

void AddInit(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"init",
       {},
       "Start a project: an empty manifest and its folder",
       "Writes migrations.yaml, the folder sql/, and what git needs to know: two branches that both add a migration "
       "then merge without a conflict (merge=union), scripts keep their line ends, and neither the log nor .env is "
       "committed. "
       "Lines are added to .gitattributes and .gitignore; a manifest that exists is never touched.",
       "  sqlmig init\n"
       "  sqlmig init service --project bot-constructor"});
  const auto options = std::make_shared<InitOptions>();
  command->add_option("folder", options->folder, "Where; this folder without it")->type_name("DIR");
  command->add_option("--project", options->project, "Name of the project; without it the folder's")->type_name("NAME");
  Runs(command, selected, "init", [options](Context& context) { return RunInit(*options, context); });
}

}  // namespace sqlmig
