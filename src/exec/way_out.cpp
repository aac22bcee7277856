#include "exec/way_out.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {
namespace {

struct Remedy {
  std::string_view sqlstate;  // a whole one, or its class
  std::string_view text;
};

constexpr std::array kRemedies = {
    Remedy{"53100",
           "make room on the server's disk (its data directory, the tablespace, or what temp_tablespaces names)"},
    Remedy{"53200", "give the server more memory, or let the script do less at once (work_mem, maintenance_work_mem)"},
    Remedy{"53300", "end connections that nobody needs, or raise max_connections or the limit of the role or database"},
    Remedy{"53400", "raise the limit of the server's configuration that the message names"},
    Remedy{"25006",
           "connect to the primary server, or take back what makes the transaction read-only (the script itself, or "
           "default_transaction_read_only)"},
    Remedy{"42501", "grant the right that is missing, or let the script run as a role that has it"},
    Remedy{"58", "see the server's log: its disk or a file of its own fails"},
    Remedy{"XX001", "see the server's log: its data is damaged, and a backup may be needed"},
    Remedy{"XX002", "see the server's log: an index is damaged; REINDEX mends it"},
};

bool Says(const ServerError& error, std::string_view part) {
  return error.message.find(part) != std::string::npos || error.detail.hint.find(part) != std::string::npos;
}

// The server tells what has cancelled a statement in words only, which may be in another language; then it is not
// known.
std::string Cancelled(const ServerError& error) {
  if (Says(error, "statement timeout")) return "let it take longer with 'statement_timeout', or let it do less at once";
  if (Says(error, "user request")) return "ask who has cancelled it, on the server, with pg_cancel_backend()";
  return "ask what has cancelled it: statement_timeout, or somebody on the server";
}

}  // namespace

std::string WayOut(const ServerError& error) {
  if (error.sqlstate == "57014") return Cancelled(error);
  if (error.sqlstate == "53200" && Says(error, "max_locks_per_transaction")) {
    return "raise max_locks_per_transaction on the server, or divide the migration: every table, index and partition "
           "that a transaction touches needs a lock";
  }
  const auto remedy = std::find_if(kRemedies.begin(), kRemedies.end(),
                                   [&](const Remedy& known) { return error.sqlstate.starts_with(known.sqlstate); });
  return remedy == kRemedies.end() ? std::string() : std::string(remedy->text);
}

std::string WayOut(const PreparedStep& step, const ServerError& error) {
  const std::string& id = step.step.id.str();
  if (error.sqlstate == "57014" && Says(error, "statement timeout")) {
    return fmt::format("let it take longer with 'statement_timeout' at {} in the manifest, or let it do less at once",
                       id);
  }
  const auto role = step.settings.settings.find("role");
  if (error.sqlstate == "42501") {
    if (role != step.settings.settings.end()) {
      return fmt::format("grant what is missing to the role {}, as which it runs ('role' in 'settings:')",
                         Printable(role->second));
    }
    return fmt::format(
        "grant the right that is missing to the role that connects, or name one that has it with 'settings: {{role: "
        "...}}' at {} in the manifest",
        id);
  }
  return WayOut(error);
}

}  // namespace sqlmig
