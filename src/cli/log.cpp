#include "cli/log.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "manifest/manifest.h"
#include "support/error.h"
#include "support/mask_passwords.h"

namespace sqlmig {
namespace {

spdlog::level::level_enum Map(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

struct Log::Impl {
  std::filesystem::path file;
  LogLevel level = LogLevel::kInfo;
  std::function<void(std::string)> warn;
  std::shared_ptr<spdlog::logger> logger;
  bool failed = false;
  std::mutex mutex;  // members of a fleet are logged from several threads

  bool Open() {
    if (logger != nullptr || failed) return !failed;
    // The library would make the folders of a path with a slip in it.
    std::error_code unknown;
    if (file.has_parent_path() && !std::filesystem::is_directory(file.parent_path(), unknown)) {
      Fail("its folder does not exist");
      return false;
    }
    try {
      auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string(), false);
      logger = std::make_shared<spdlog::logger>("sqlmig", std::move(sink));
      logger->set_formatter(
          std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
      logger->set_level(Map(level));
      logger->flush_on(spdlog::level::trace);
      logger->set_error_handler([this](const std::string& reason) { Fail(reason); });
    } catch (const spdlog::spdlog_ex& error) {
      Fail(error.what());
    }
    return !failed;
  }

  void Fail(const std::string& reason) {
    if (!failed) warn(fmt::format("no log is written to '{}': {}", file.string(), reason));
    failed = true;
  }
};

Log::Log(std::filesystem::path file, LogLevel level, std::function<void(std::string)> warn)
    : impl_(std::make_unique<Impl>()) {
  impl_->file = std::move(file);
  impl_->level = level;
  impl_->warn = std::move(warn);
}

Log::~Log() = default;

void Log::Write(LogLevel level, const std::string& run, const std::string& text) {
  if (level < impl_->level) return;
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->Open()) return;
  std::string line = MaskPasswords(fmt::format("run={} {}", run.empty() ? "-" : run, text));
  std::replace(line.begin(), line.end(), '\n', ' ');
  impl_->logger->log(Map(level), "{}", line);
}

std::optional<LogLevel> ParseLogLevel(const std::string& text) {
  if (text == "debug" || text == "trace") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warning" || text == "warn") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  if (text == "off") return std::nullopt;
  throw Error(ErrorCode::kUsage, fmt::format("'{}' is not a log level", text))
      .Hint(fmt::format("use one of: {}", fmt::join(kLogLevels, ", ")));
}

}  // namespace sqlmig
