#include "embedded/cluster.h"

#include <charconv>
#include <clocale>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <locale.h>

#include "support/error.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxInfoBytes = std::size_t{64} << 10U;
constexpr std::string_view kInfoHead = "sqlmig embedded cluster 1\n";

// For development and trials: nothing here outlives the project's checkout, so the server does not wait for the disk.
// Killing the server loses nothing; a crash of the whole machine may cost the cluster, and `destroy` makes a new one.
// The addresses are not here: they are given at each start and cannot be overridden by a configuration file.
constexpr std::string_view kConfiguration = R"(
# sqlmig: a private server for development
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 100
shared_buffers = 32MB
max_wal_size = 256MB
max_prepared_transactions = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_line_prefix = '%m [%p] %q%a %d '
)";

// Byte order in every version of every system, with the letters of Unicode where the system can.
std::string LocaleName() {
  const locale_t unicode = newlocale(LC_ALL_MASK, "C.UTF-8", locale_t{});
  if (unicode == locale_t{}) return "C";
  freelocale(unicode);
  return "C.UTF-8";
}

// The value of `key=value` at the beginning of the text, which is cut off; "" when it is not there.
std::string TakeLine(std::string_view key, std::string_view* text) {
  if (text->substr(0, key.size()) != key || text->substr(key.size(), 1) != "=") return "";
  text->remove_prefix(key.size() + 1);
  const std::size_t end = std::min(text->find('\n'), text->size());
  std::string value(text->substr(0, end));
  text->remove_prefix(std::min(end + 1, text->size()));
  return value;
}

// The project folder stands last and reaches to the end: a name may hold newlines.
std::string InfoText(const ClusterInfo& info) {
  return fmt::format("{}major={}\nbin_dir={}\nproject_folder={}\n", kInfoHead, info.major, info.bin_dir.string(),
                     info.project_folder.string());
}

std::optional<ClusterInfo> ParseInfo(std::string_view text) {
  if (text.substr(0, kInfoHead.size()) != kInfoHead) return std::nullopt;
  text.remove_prefix(kInfoHead.size());
  ClusterInfo info;
  const std::string major = TakeLine("major", &text);
  std::from_chars(major.data(), major.data() + major.size(), info.major);
  info.bin_dir = TakeLine("bin_dir", &text);
  constexpr std::string_view kLast = "project_folder=";
  if (info.major == 0 || text.substr(0, kLast.size()) != kLast || text.back() != '\n') return std::nullopt;
  text.remove_prefix(kLast.size());
  text.remove_suffix(1);
  info.project_folder = fs::path(text);
  return info;
}

}  // namespace

std::optional<ClusterInfo> ReadClusterInfo(const Layout& layout) {
  std::error_code ignored;
  for (const fs::path& part : {layout.info_file, layout.data / "PG_VERSION", layout.data / "global" / "pg_control",
                               layout.data / "postgresql.conf"}) {
    if (!fs::is_regular_file(part, ignored)) return std::nullopt;
  }
  std::optional<ClusterInfo> info = ParseInfo(ReadFile(layout.info_file, kMaxInfoBytes));
  if (info && info->project_folder != layout.project_folder) {
    throw Error(ErrorCode::kIo, fmt::format("'{}' belongs to the project in '{}'", Printable(layout.folder.string()),
                                            Printable(info->project_folder.string())))
        .Hint("choose another state folder for one of the two projects");
  }
  return info;
}

std::vector<Layout> FindLayouts(const EmbeddedSettings& settings, const Account& account) {
  const fs::path top = ResolveLayout(settings, account).top;
  std::vector<fs::path> folders;
  std::error_code failed;
  for (fs::directory_iterator entry(top, failed), end; !failed && entry != end; entry.increment(failed)) {
    folders.push_back(entry->path());
  }
  std::vector<Layout> layouts;
  for (const fs::path& folder : folders) {
    const ActingAs acting(account);
    const fs::path info_file = folder / "cluster.info";
    if (!fs::is_regular_file(info_file, failed)) continue;
    const std::optional<ClusterInfo> info = ParseInfo(ReadFile(info_file, kMaxInfoBytes));
    if (info) layouts.push_back(LayoutIn(folder, info->project_folder, settings, account));
  }
  return layouts;
}

ClusterInfo MakeCluster(const Layout& layout, const Account& account, const ServerBinaries& binaries,
                        const FileLock& lock, const Deadline& deadline) {
  RemoveTree(layout, layout.info_file, account);
  RemoveTree(layout, layout.data, account);
  Program initdb = ServerProgram(binaries, "initdb", account);
  initdb.kept_fd = lock.descriptor();
  initdb.arguments = {"-D",   layout.data.string(), "-U",         "postgres", "-A", "trust", "-E",
                      "UTF8", "--locale",           LocaleName(), "--no-sync"};
  try {
    const ProgramResult result = RunProgram(initdb, deadline);
    if (result.exit_status != 0) {
      throw Error(ErrorCode::kConnection,
                  fmt::format("cannot make the embedded database: '{}' failed with exit status {}",
                              Printable(initdb.path.string()), result.exit_status))
          .Excerpt(Printable(result.output.substr(result.output.size() > 4000 ? result.output.size() - 4000 : 0)))
          .Hint("see what it says above; the disk may be full, or the installation incomplete");
    }
  } catch (const Error&) {
    RemoveTree(layout, layout.data, account);
    throw;
  }
  const ActingAs acting(account);
  const fs::path configuration = layout.data / "postgresql.conf";
  ReplaceFile(configuration, ReadFile(configuration, std::size_t{1} << 20U) + std::string(kConfiguration));
  ClusterInfo info{binaries.major, binaries.folder, layout.project_folder};
  ReplaceFile(layout.info_file, InfoText(info));
  return info;
}

}  // namespace sqlmig
