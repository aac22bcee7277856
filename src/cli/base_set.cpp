#include "cli/base_set.h"

#include <fmt/format.h>

#include "embedded/binaries.h"
#include "embedded/deadline.h"
#include "embedded/program.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::chrono::seconds kGitTime{30};
// More than this of a program's output is not kept.
constexpr std::size_t kMaxOutput = std::size_t{1} << 20U;

Error NoBase(const std::string& base, const std::string& why) {
  return Error(ErrorCode::kUsage, fmt::format("--base '{}' is neither a file nor a commit that has this manifest{}",
                                              Printable(base), why.empty() ? "" : ": " + Printable(why)))
      .Hint("name a manifest, or a branch, tag or commit of the repository that this one lies in, such as origin/main");
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// git's own variables would lead to another repository; what it needs to find its settings is kept.
std::vector<std::string> GitEnvironment(const Context& context) {
  std::vector<std::string> environment = {"LC_ALL=C"};
  for (const char* name : {"PATH", "HOME", "XDG_CONFIG_HOME"}) {
    if (const auto value = context.environment(name)) environment.push_back(fmt::format("{}={}", name, *value));
  }
  return environment;
}

std::string ManifestAt(const Project& project, const Context& context, const std::string& base) {
  // Where git is, and what it would take for an option.
  const auto git = FindInPath("git", context.environment("PATH").value_or(""));
  if (!git) throw NoBase(base, "there is no git in PATH");
  if (base.empty() || base[0] == '-' || base.find('\0') != std::string::npos) throw NoBase(base, "");
  const std::filesystem::path folder = std::filesystem::absolute(project.manifest.folder());
  Program program;
  program.path = *git;
  program.arguments = {"-C", folder.string(), "show",
                       fmt::format("{}:./{}", base, project.manifest.file.filename().string())};
  program.environment = GitEnvironment(context);
  const ProgramResult result =
      RunProgram(program, Deadline(kGitTime, context.interrupt, "git was looking for the base"));
  if (result.exit_status != 0) throw NoBase(base, "git says: " + FirstLine(result.output));
  if (result.output.size() >= kMaxOutput) {
    throw Error(ErrorCode::kUsage, fmt::format("the manifest of --base '{}' is too large to be read from git", base))
        .Hint("write it to a file with 'git show' and name that file");
  }
  return result.output;
}

}  // namespace

BaseSet ReadBaseSet(const Project& project, const Context& context, const std::string& base) {
  std::error_code ignored;
  const bool is_file = std::filesystem::exists(base, ignored);
  std::string text = is_file ? ReadFile(base, kMaxManifestBytes) : ManifestAt(project, context, base);
  const std::filesystem::path name =
      is_file ? base : fmt::format("{}:{}", base, project.manifest.file.filename().string());
  LoadedManifest loaded = ParseManifest(name, std::move(text), project.environment);
  for (Error& problem : loaded.problems) problem.AddContext(fmt::format("in the manifest of --base '{}'", base));
  ThrowAll(std::move(loaded.problems));
  BaseSet set;
  for (const DatabaseEntry& database : loaded.manifest.databases) {
    std::set<std::string>& ids = set[database.name];
    for (const Migration& migration : database.migrations) ids.insert(migration.id.str());
  }
  return set;
}

}  // namespace sqlmig
