#include "cli/new_migration.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/latin.h"
#include "support/file.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxSlug = 60;

// Names of what lies in the database's folder: scripts of a branch that was left may still be there.
std::vector<std::string> NamesIn(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (auto entry = std::filesystem::directory_iterator(folder, failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return text;
}

std::string UpTemplate(const NewEntry& entry) {
  return fmt::format(
      "-- {}\n"
      "-- Runs in a transaction of its own: no BEGIN, no COMMIT.\n",
      OneLine(entry.description.empty() ? entry.id.str() : entry.description));
}

std::string DownTemplate(const NewEntry&) {
  return "-- Takes back what up.sql does, in the opposite order.\n"
         "-- Nothing to take back: 'down: none' in the manifest. No way back: 'irreversible: <reason>'.\n";
}

// Files that vanish again unless they are kept.
class NewFiles {
 public:
  ~NewFiles() {
    std::error_code ignored;
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
      std::filesystem::remove(*file, ignored);
      std::filesystem::remove(file->parent_path(), ignored);  // only when it is empty
    }
  }
  void Create(const std::filesystem::path& path, const std::string& text) {
    CreateFile(path, text);
    files_.push_back(path);
  }
  void Keep() { files_.clear(); }

 private:
  std::vector<std::filesystem::path> files_;
};

std::vector<std::string> HeadsWith(const NewEntry& entry, const DatabaseView& view) {
  NodeSet heads = view.heads();
  for (const MigrationId& dependency : entry.depends_on) heads.Erase(view.graph().Find(dependency.str()).value());
  std::vector<std::string> ids;
  for (const Node node : view.graph().Sorted(heads)) ids.push_back(view.graph().id(node).str());
  ids.push_back(entry.id.str());
  return ids;
}

}  // namespace

FolderLock LockManifest(const Context& context) {
  constexpr std::chrono::seconds kPatience{10};
  std::error_code failed;
  const std::filesystem::path file = std::filesystem::weakly_canonical(FindManifest(context), failed);
  const auto start = context.waiter.now();
  while (true) {
    if (auto lock = FolderLock::TryTake(file.parent_path())) return std::move(*lock);
    if (context.waiter.now() - start > kPatience) {
      throw Error(ErrorCode::kIo, fmt::format("another process has kept '{}' locked for {} s",
                                              file.parent_path().string(), kPatience.count()))
          .Hint("wait for the sqlmig that changes the manifest, or end it");
    }
    if (!context.waiter.sleep(std::chrono::milliseconds(20))) {
      throw Error(ErrorCode::kSignal, "stopped while waiting to change the manifest");
    }
  }
}

std::string SlugFrom(std::string_view name) {
  std::string slug;
  for (const char c : WithoutMarks(name)) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
      slug += lower;
    } else if (!slug.empty() && slug.back() != '_') {
      slug += '_';
    }
  }
  slug = slug.substr(0, kMaxSlug);
  while (!slug.empty() && slug.back() == '_') slug.pop_back();
  if (slug.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' has no letter a-z and no digit to name the migration by", name))
        .Hint("give an English name, or the whole id with --id");
  }
  return slug;
}

MigrationId NewId(const Project& project, const Context& context, const DatabaseEntry& database,
                  const std::string& slug) {
  std::vector<std::string> taken = NamesIn(project.manifest.folder() / database.directory);
  for (const DatabaseEntry& entry : project.manifest.databases) {
    for (const Migration& migration : entry.migrations) taken.push_back(migration.id.str());
  }
  std::time_t time = std::chrono::system_clock::to_time_t(context.clock());
  while (true) {
    const std::string stamp = fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(time++));
    if (std::any_of(taken.begin(), taken.end(), [&](const std::string& id) { return id.starts_with(stamp); })) continue;
    return MigrationId::Parse(stamp + "_" + slug);
  }
}

void RequireUnrelated(const std::vector<Node>& nodes, const Graph& graph) {
  for (const Node node : nodes) {
    NodeSet one = graph.EmptySet();
    one.Insert(node);
    const NodeSet ancestors = graph.AncestorsOf(one);
    for (const Node other : nodes) {
      if (other == node || !ancestors.Contains(other)) continue;
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' is an ancestor of '{}' already", graph.id(other).str(), graph.id(node).str()))
          .Hint(fmt::format("leave out {}", graph.id(other).str()));
    }
  }
}

NewReport AddMigration(const Project& project, const Context& context, const DatabaseView& view, const NewEntry& entry,
                       const NewScripts& written) {
  const Manifest& manifest = project.manifest;
  const std::string text = WithMigration(manifest, view.entry().name, entry);
  const std::filesystem::path scripts = (view.entry().directory / entry.id.str()).lexically_normal();
  NewFiles files;
  NewReport report;
  if (!entry.without_scripts) {
    const std::filesystem::path folder = (manifest.folder() / scripts).lexically_normal();
    files.Create(folder / "up.sql", written.up.value_or(UpTemplate(entry)));
    files.Create(folder / "down.sql", written.down.value_or(DownTemplate(entry)));
    report.files = {(scripts / "up.sql").string(), (scripts / "down.sql").string()};
  }
  if (ReadFile(manifest.file, kMaxManifestBytes) != manifest.text) {
    throw Error(ErrorCode::kManifest,
                fmt::format("'{}' changed while the migration was being made", manifest.file.string()))
        .Hint("run the command again");
  }
  ReplaceFile(manifest.file, text);
  files.Keep();

  report.command = context.command;
  report.database = view.entry().name;
  report.id = entry.id.str();
  report.description = entry.description;
  report.manifest = manifest.file.filename().string();
  report.folder = manifest.file.parent_path();
  for (const MigrationId& id : entry.depends_on) report.depends_on.push_back(id.str());
  report.heads = HeadsWith(entry, view);
  return report;
}

}  // namespace sqlmig
