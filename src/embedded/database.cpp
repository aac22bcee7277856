// What is done inside the running server, and how others find it.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "embedded/embedded.h"
#include "pg/connection.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxNameBytes = 63;
constexpr std::string_view kDuplicateDatabase = "42P04";
constexpr std::string_view kUniqueViolation = "23505";  // the same, when two make it at the same moment

// A value of a key=value connection string.
std::string Quoted(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '\'';
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

void CheckName(const std::string& name) {
  const bool has_nul = name.find('\0') != std::string::npos;
  if (!name.empty() && name.size() <= kMaxNameBytes && !has_nul) return;
  throw Error(ErrorCode::kUsage, fmt::format("'{}' cannot be the name of a database: it must have 1 to {} bytes, "
                                             "none of them zero",
                                             Printable(name.substr(0, 200)), kMaxNameBytes))
      .Hint("choose a shorter name");
}

}  // namespace

void EmbeddedServer::EnsureDatabase(const std::string& name) {
  CheckName(name);
  Connection connection = Connection::Open(sqlmig::Conninfo::Parse(Conninfo("postgres")), SessionSettings{}, nullptr);
  const std::vector<Rows> found =
      connection.Query(fmt::format("SELECT 1 FROM pg_catalog.pg_database WHERE datname = {}", QuoteLiteral(name)));
  if (!found.empty() && !found.front().empty()) return;
  // template0 allows no sessions, so nothing can be in the way of copying it.
  const MessageOutcome made =
      connection.TryQuery(fmt::format("CREATE DATABASE {} TEMPLATE template0", QuoteIdentifier(name)));
  if (made.ok()) return;
  if (!made.error) throw Error(ErrorCode::kConnection, "the embedded PostgreSQL went away while a database was made");
  if (made.error->sqlstate == kDuplicateDatabase || made.error->sqlstate == kUniqueViolation) return;
  throw ToError(*made.error);
}

// An empty hostaddr keeps PGHOSTADDR of the environment from leading elsewhere.
std::string EmbeddedServer::Conninfo(const std::string& database) const {
  const EmbeddedStatus status = Status();
  return fmt::format("host={} hostaddr='' port={} user=postgres dbname={}", Quoted(status.socket_directory.string()),
                     status.port, Quoted(database));
}

std::string EmbeddedServer::Url(const std::string& database) const {
  const EmbeddedStatus status = Status();
  return fmt::format("postgresql://postgres@/{}?host={}&port={}", PercentEncoded(database),
                     PercentEncoded(status.socket_directory.string()), status.port);
}

}  // namespace sqlmig
