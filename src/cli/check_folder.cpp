#include <algorithm>
#include <unordered_set>

#include "cli/check_scripts.h"
#include "cli/schema_dump.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

// What the manifest knows of the file system, as normal paths relative to its folder.
struct Named {
  std::unordered_set<std::string> files;
  std::unordered_set<std::string> folders;      // that hold a named file, at any depth
  std::unordered_set<std::string> directories;  // of databases: each is looked at on its own
};

Named NamedIn(const Manifest& manifest) {
  Named named;
  for (const DatabaseEntry& database : manifest.databases) {
    named.directories.insert(database.directory.lexically_normal().string());
    named.files.insert(SchemaFileOf(manifest, database).lexically_normal().string());
    for (const Migration& migration : database.migrations) {
      for (const ScriptRef* script : {&migration.up, &migration.down}) {
        if (script->kind != ScriptRef::Kind::kFile) continue;
        const fs::path path = script->path.lexically_normal();
        named.files.insert(path.string());
        for (fs::path folder = path.parent_path(); !folder.empty(); folder = folder.parent_path()) {
          if (!named.folders.insert(folder.string()).second) break;
        }
      }
    }
  }
  return named;
}

bool IsScript(const fs::path& path) {
  return path.extension() == ".sql";
}

// Names in a folder, sorted; hidden ones are left out.
std::vector<fs::directory_entry> EntriesOf(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code failed;
  for (auto entry = fs::directory_iterator(folder, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    if (entry->path().filename().string().front() != '.') entries.push_back(*entry);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool IsRealFolder(const fs::directory_entry& entry) {
  std::error_code failed;
  return !entry.is_symlink(failed) && entry.is_directory(failed);
}

class Walker {
 public:
  Walker(const Manifest& manifest, const DatabaseEntry& database)
      : root_(manifest.folder()), database_(database), named_(NamedIn(manifest)) {}

  void Walk(const fs::path& folder) {
    for (const fs::directory_entry& entry : EntriesOf(root_ / folder)) {
      const fs::path path = (folder / entry.path().filename()).lexically_normal();
      if (IsRealFolder(entry)) {
        if (named_.directories.contains(path.string())) continue;
        if (named_.folders.contains(path.string())) {
          Walk(path);
        } else if (HoldsScripts(path)) {
          Add(path, "the folder holds scripts, and no migration names them");
        }
      } else if (IsScript(path) && !named_.files.contains(path.string())) {
        Add(path, "no migration names this script");
      }
    }
  }

  std::vector<Finding> findings;

 private:
  bool HoldsScripts(const fs::path& folder) const {
    for (const fs::directory_entry& entry : EntriesOf(root_ / folder)) {
      const fs::path path = folder / entry.path().filename();
      if (named_.directories.contains(path.string())) continue;
      if (IsRealFolder(entry) ? HoldsScripts(path) : IsScript(path)) return true;
    }
    return false;
  }

  void Add(const fs::path& path, std::string message) {
    Finding finding;
    finding.severity = Finding::Severity::kWarning;
    finding.code = finding_code::kUnlisted;
    finding.message = std::move(message);
    finding.location.file = path;
    finding.hint = "add a migration for it to the manifest, or remove it";
    finding.database = database_.name;
    findings.push_back(std::move(finding));
  }

  fs::path root_;
  const DatabaseEntry& database_;
  Named named_;
};

}  // namespace

std::vector<Finding> CheckFolder(const Project& project, const DatabaseEntry& database) {
  Walker walker(project.manifest, database);
  walker.Walk(database.directory.lexically_normal());
  return std::move(walker.findings);
}

}  // namespace sqlmig
