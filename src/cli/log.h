#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sqlmig {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// The operations log: one line a write, appended, so that several processes can share the file, and so can threads. The file is opened when
// the first line that passes the level is written; when that fails, `warn` is called once and the log stays silent.
class Log {
 public:
  Log(std::filesystem::path file, LogLevel level, std::function<void(std::string)> warn);
  ~Log();

  // `run`: the run's id, or "-". The text's line ends become spaces; secrets must not be in it.
  void Write(LogLevel level, const std::string& run, const std::string& text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The level that one of kLogLevels (manifest/manifest.h) means; nothing: no log. Throws kUsage.
std::optional<LogLevel> ParseLogLevel(const std::string& text);

}  // namespace sqlmig
