#include "pg/connect_error.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {
namespace {

struct KnownFailure {
  std::string_view part;  // of what libpq says
  std::string_view sqlstate;
  std::string_view hint;
  ErrorCode code = ErrorCode::kConnection;
};

constexpr std::string_view kNoConnectionLeft =
    "the server has no connection left: end some that nobody needs, or raise max_connections or the limit of the role "
    "or database";
constexpr std::string_view kStarting = "wait until the server has started";
constexpr std::string_view kNotAdmitted =
    "let the server's pg_hba.conf admit this user from here, or correct user, host and sslmode of the connection URL";

constexpr std::array kKnownFailures = {
    KnownFailure{"unsupported startup parameter", "",
                 "a connection pooler stands between: give the server's own address in the migration URL, or, for a "
                 "pooler in session mode, --allow-pooler=session",
                 ErrorCode::kPooler},
    KnownFailure{"session is read-only", "", "connect to the primary server; nothing was changed",
                 ErrorCode::kReadOnly},
    KnownFailure{"server is in hot standby mode", "", "connect to the primary server; nothing was changed",
                 ErrorCode::kReadOnly},
    KnownFailure{"password authentication failed", "28P01",
                 "check the user and the password of the connection URL, or the password file"},
    KnownFailure{"no password supplied", "28P01",
                 "check the user and the password of the connection URL, or the password file"},
    KnownFailure{"no pg_hba.conf entry", "28000", kNotAdmitted},
    KnownFailure{"pg_hba.conf rejects connection", "28000", kNotAdmitted},
    KnownFailure{"Peer authentication failed", "28000", kNotAdmitted},
    KnownFailure{"Ident authentication failed", "28000", kNotAdmitted},
    KnownFailure{"is not permitted to log in", "28000",
                 "let the role log in with ALTER ROLE ... LOGIN, or correct the user of the connection URL"},
    KnownFailure{"too many clients already", "53300", kNoConnectionLeft},
    KnownFailure{"remaining connection slots are reserved", "53300", kNoConnectionLeft},
    KnownFailure{"FATAL:  too many connections for", "53300", kNoConnectionLeft},
    KnownFailure{"the database system is starting up", "57P03", kStarting},
    KnownFailure{"the database system is not yet accepting connections", "57P03", kStarting},
    KnownFailure{"the database system is shutting down", "57P03", "wait until the server has started again"},
    KnownFailure{"definition of service", "",
                 "correct the service's name in the connection URL or PGSERVICE, or define it in ~/.pg_service.conf"},
};

KnownFailure Judge(const std::string& raw) {
  const auto has = [&](std::string_view part) { return raw.find(part) != std::string::npos; };
  const auto known = std::find_if(kKnownFailures.begin(), kKnownFailures.end(),
                                  [&](const KnownFailure& failure) { return has(failure.part); });
  if (known != kKnownFailures.end()) return *known;
  if (has("FATAL:  database \"") && has("\" does not exist")) {
    return {"", "3D000", "create the database, or correct its name in the connection URL"};
  }
  if (has("FATAL:  role \"") && has("\" does not exist")) {
    return {"", "28000", "create the role, or correct the user of the connection URL"};
  }
  return {"", "", "check that the server runs and that host, port and database are right"};
}

}  // namespace

Error ConnectError(const Conninfo& conninfo, const std::string& raw) {
  std::string reason = Printable(conninfo.Scrub(raw));
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == ' ')) reason.pop_back();
  // The library's second line says more; it begins with a tab.
  for (std::size_t at = 0; (at = reason.find("\n\t", at)) != std::string::npos;) reason.replace(at, 2, "; ");
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  const KnownFailure failure = Judge(raw);
  return Error(failure.code, fmt::format("cannot connect to {}: {}", conninfo.Describe(), reason))
      .Sql({std::string(failure.sqlstate), {}, {}, {}})
      .Hint(std::string(failure.hint));
}

bool WaitingMayHelp(const Error& error) {
  const std::string& sqlstate = error.sql().sqlstate;
  return error.code() == ErrorCode::kConnection && !sqlstate.starts_with("28");
}

}  // namespace sqlmig
