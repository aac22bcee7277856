// Everything a command may touch of the world outside: streams, environment, clock, signals. Tests bring their own.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "exec/waiter.h"
#include "manifest/manifest.h"
#include "report/format.h"
#include "support/interrupt.h"

namespace sqlmig {

enum class ColorMode { kAuto, kAlways, kNever };

// Options that every command takes.
struct GlobalOptions {
  std::string manifest;  // empty: migrations.yaml, looked for upwards
  std::string database;
  std::string url;
  bool embedded = false;
  Format format = Format::kText;
  std::string log_file;  // empty: the manifest's
  std::string log_level;
  int verbose = 0;
  bool quiet = false;
  bool no_progress = false;
  ColorMode color = ColorMode::kAuto;
  std::string env_file;
  bool yes = false;
  std::string allow_pooler;  // "session" or empty
};

class Log;  // cli/log.h

struct Context {
  std::ostream& out;  // the result
  std::ostream& err;  // progress, warnings, errors
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 80;
  std::function<std::optional<std::string>()> read_line = {};  // of stdin, without its end; nothing: a signal came
  Environment environment;
  std::function<std::chrono::system_clock::time_point()> clock;
  Waiter waiter;
  Interrupt* interrupt = nullptr;
  std::filesystem::path folder = {};  // of the manifest, once it is known
  std::string command;                // main word of the command that runs
  std::string member = {};            // of the fleet that is worked on; empty: none
  GlobalOptions global = {};
  std::shared_ptr<Log> log = {};

  bool ColorFor(bool terminal) const;
  // "meta", or "bot/ada" for a member of a fleet.
  std::string NameOf(const DatabaseEntry& database) const;
};

}  // namespace sqlmig
