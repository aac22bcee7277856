#include "verify/scratch.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/text_position.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

constexpr const char* kPrefix = "sqlmig_verify_";
// Class of the advisory locks that say which marks are alive: "smvf".
constexpr int kMarkClass = 0x736d7666;
constexpr std::size_t kMarkDigits = 7;  // of hexadecimal: fits the positive numbers of a lock's key

// What people have made, none of what a server is born with: that has smaller oids.
constexpr const char* kFirstObject = R"sql(
SELECT found.what FROM (
  SELECT 1 AS rank, 'schema ' || n.nspname AS what FROM pg_catalog.pg_namespace n
   WHERE n.oid >= 16384 AND n.nspname !~ '^pg_(temp|toast_temp)_'
  UNION ALL SELECT 2, 'relation ' || c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class c
   WHERE c.oid >= 16384 AND c.relkind NOT IN ('t', 'i', 'I') AND c.relpersistence <> 't'
  UNION ALL SELECT 3, 'function ' || p.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc p
   WHERE p.oid >= 16384
  UNION ALL SELECT 4, 'type ' || t.oid::pg_catalog.regtype::text FROM pg_catalog.pg_type t WHERE t.oid >= 16384
  UNION ALL SELECT 5, 'extension ' || e.extname FROM pg_catalog.pg_extension e WHERE e.oid >= 16384
) found ORDER BY found.rank, found.what LIMIT 1)sql";

std::chrono::steady_clock::time_point Now() {
  return std::chrono::steady_clock::now();
}

// After a signal, too.
MessageOutcome SendAnyway(Connection& connection, const std::string& sql) {
  Connection::Message message;
  message.sql = sql;
  message.interruptible = false;
  return connection.Send(message);
}

}  // namespace

ScratchDatabase::ScratchDatabase(Shadow& shadow, std::string name, Conninfo conninfo)
    : shadow_(&shadow), name_(std::move(name)), conninfo_(std::move(conninfo)) {}

ScratchDatabase::ScratchDatabase(ScratchDatabase&& other) noexcept
    : shadow_(std::exchange(other.shadow_, nullptr)),
      name_(std::move(other.name_)),
      conninfo_(std::move(other.conninfo_)) {}

ScratchDatabase::~ScratchDatabase() {
  if (shadow_ != nullptr) shadow_->Drop(name_);
}

Shadow::Shadow(ShadowOptions options) : options_(std::move(options)) {
  options_.settings.writes = true;
  connection_.emplace(Connection::Open(options_.conninfo, options_.settings, options_.interrupt));
  server_version_ = connection_->server_version();
  // Between two questions this session may be idle for longer than some servers allow.
  if (server_version_ >= 140000) Ask("SET idle_session_timeout = 0");
  writes_to_disk_ = Ask("SELECT pg_catalog.current_setting('fsync')").At(0, 0) == "on";
  RequireRights();
  if (options_.must_be_empty) RequireEmpty();
  Mark();
  Sweep();
}

Shadow::~Shadow() = default;

Rows Shadow::Ask(const std::string& sql) {
  const std::lock_guard lock(mutex_);
  return connection_->Query(sql).at(0);
}

void Shadow::RequireRights() {
  const Rows rows =
      Ask("SELECT r.rolname, r.rolcreatedb OR r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user");
  if (rows.At(0, 1) == "t") return;
  throw Error(ErrorCode::kUsage, fmt::format("the role {} may not make scratch databases", Printable(rows.At(0, 0))))
      .Hint(fmt::format("run 'ALTER ROLE {} CREATEDB' as a superuser of that server, or use the private PostgreSQL "
                        "(--embedded)",
                        Printable(QuoteIdentifier(rows.At(0, 0)))));
}

void Shadow::RequireEmpty() {
  const Rows rows = Ask(kFirstObject);
  if (rows.empty()) return;
  throw Error(ErrorCode::kUsage, fmt::format("the shadow database {} is not empty: it has {}",
                                             Printable(options_.conninfo.Describe()), Printable(rows.At(0, 0))))
      .Hint(
          "nothing was changed in it; name an empty database, beside which scratch databases can be made, so that a "
          "database in use is never taken for one by mistake");
}

void Shadow::Mark() {
  while (mark_.empty()) {
    const std::string mark = RandomUuid().substr(0, kMarkDigits);
    const Rows rows =
        Ask(fmt::format("SELECT pg_catalog.pg_try_advisory_lock({}, {})", kMarkClass, std::stoi(mark, nullptr, 16)));
    if (rows.At(0, 0) == "t") mark_ = mark;
  }
}

// Only what carries our mark's form; a database of that name that is somebody else's cannot be dropped, and stays.
void Shadow::Sweep() {
  const Rows rows = Ask(fmt::format(
      "SELECT d.datname FROM pg_catalog.pg_database d WHERE d.datname ~ '^{0}[0-9a-f]{{{1}}}_[0-9]+$' AND NOT EXISTS "
      "(SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {2} AND l.objid = "
      "('x0' || pg_catalog.substr(d.datname, {3}, {1}))::pg_catalog.bit(32)::pg_catalog.int4::pg_catalog.oid) "
      "ORDER BY 1",
      kPrefix, kMarkDigits, kMarkClass, std::string_view(kPrefix).size() + 1));
  for (std::size_t r = 0; r < rows.size(); ++r) Drop(rows.At(r, 0));
}

std::string Shadow::NextName() {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}{}_{}", kPrefix, mark_, ++number_);
}

ScratchDatabase Shadow::Made(std::string name) {
  Conninfo conninfo = options_.conninfo;
  conninfo.Set("dbname", name);
  // As a private server is set up, for servers that are not.
  const std::string* options = conninfo.Find("options");
  conninfo.Set("options", (options == nullptr ? "" : *options + " ") + "-c jit=off -c synchronous_commit=off");
  return {*this, std::move(name), std::move(conninfo)};
}

// Copying files is the quicker way only where nothing is flushed: it forces checkpoints.
void Shadow::Make(const std::string& name, const std::string& source, bool from_copy) {
  const bool by_file = server_version_ >= 150000 && !writes_to_disk_ && from_copy;
  const std::lock_guard lock(mutex_);
  const MessageOutcome made =
      connection_->TryQuery(fmt::format("CREATE DATABASE {} TEMPLATE {}{}", QuoteIdentifier(name),
                                        QuoteIdentifier(source), by_file ? " STRATEGY file_copy" : ""));
  if (made.cancelled && !made.ok()) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (made.lost) throw Error(ErrorCode::kConnection, "the connection was lost while a scratch database was made");
  if (!made.error) return;
  Error error = ToError(*made.error);
  error.AddContext("a scratch database cannot be made");
  throw error;
}

ScratchDatabase Shadow::Create() {
  ScratchDatabase database = Made(NextName());
  Make(database.name(), "template0", false);
  return database;
}

// A session that has just ended may still be there for the server, which would then look again only every 100 ms.
ScratchDatabase Shadow::Copy(const ScratchDatabase& from) {
  ScratchDatabase database = Made(NextName());
  const std::string sessions = fmt::format(
      "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datname = {} AND a.backend_type = 'client "
      "backend'",
      QuoteLiteral(from.name()));
  const auto deadline = Now() + std::chrono::seconds(2);
  while (Ask(sessions).At(0, 0) != "0" && Now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  Make(database.name(), from.name(), true);
  CopySettings(from.name(), database.name());
  return database;
}

// What ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE ... SET have left is no part of a template. Without the
// right to set one, a proof in the copy would see a difference that is none; that is better than no proof.
void Shadow::CopySettings(const std::string& from, const std::string& to) {
  const Rows rows = Ask(fmt::format(
      "SELECT COALESCE(r.rolname, ''), pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, "
      "'=') + 1) FROM "
      "pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase LEFT JOIN "
      "pg_catalog.pg_roles r ON r.oid = s.setrole CROSS JOIN pg_catalog.unnest(s.setconfig) c WHERE d.datname = {}",
      QuoteLiteral(from)));
  const std::lock_guard lock(mutex_);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string& role = rows.At(r, 0);
    const std::string& name = rows.At(r, 1);
    // Stored as a list of names that are quoted already.
    constexpr std::array<std::string_view, 4> kLists = {"search_path", "temp_tablespaces", "local_preload_libraries",
                                                        "session_preload_libraries"};
    const bool list = std::find(kLists.begin(), kLists.end(), name) != kLists.end();
    const std::string who = role.empty() ? std::string("ALTER DATABASE ")
                                         : fmt::format("ALTER ROLE {} IN DATABASE ", QuoteIdentifier(role));
    SendAnyway(*connection_, fmt::format("{}{} SET {} = {}", who, QuoteIdentifier(to), QuoteIdentifier(name),
                                         list ? rows.At(r, 2) : QuoteLiteral(rows.At(r, 2))));
  }
}

void Shadow::Drop(const std::string& name) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    const auto connect = [&] { connection_.emplace(Connection::Open(options_.conninfo, options_.settings, nullptr)); };
    if (!connection_->alive()) connect();
    // That the connection is gone may only be seen by using it.
    const std::string sql = fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", QuoteIdentifier(name));
    if (!SendAnyway(*connection_, sql).lost) return;
    connect();
    SendAnyway(*connection_, sql);
  } catch (const std::exception&) {
    // The next run finds it and tries again.
  }
}

std::vector<HeldLock> Shadow::LocksOf(int backend_pid) {
  const Rows rows = Ask(fmt::format(
      "SELECT l.relation, l.mode FROM pg_catalog.pg_locks l WHERE l.pid = {} AND l.locktype = 'relation' AND l.granted "
      "ORDER BY 1, 2",
      backend_pid));
  std::vector<HeldLock> locks;
  for (std::size_t r = 0; r < rows.size(); ++r) locks.push_back({rows.At(r, 0), rows.At(r, 1)});
  return locks;
}

ServerObjects Shadow::Objects() {
  ServerObjects objects;
  const Rows rows =
      Ask("SELECT 'r', r.rolname FROM pg_catalog.pg_roles r UNION ALL SELECT 'd', d.datname FROM "
          "pg_catalog.pg_database d UNION ALL SELECT 't', t.spcname FROM pg_catalog.pg_tablespace t");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string& kind = rows.At(r, 0);
    (kind == "r" ? objects.roles : kind == "d" ? objects.databases : objects.tablespaces).insert(rows.At(r, 1));
  }
  return objects;
}

void Shadow::DropObjects(const ServerObjects& objects) {
  for (const std::string& name : objects.databases) Drop(name);
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : objects.tablespaces) {
      SendAnyway(*connection_, "DROP TABLESPACE IF EXISTS " + QuoteIdentifier(name));
    }
  }
  DropRoles({objects.roles.begin(), objects.roles.end()});
}

std::vector<std::string> Shadow::DropRoles(const std::vector<std::string>& names) {
  std::vector<std::string> left;
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    const std::string sql = fmt::format("DROP ROLE IF EXISTS {}", QuoteIdentifier(name));
    if (!SendAnyway(*connection_, sql).ok()) left.push_back(name);
  }
  return left;
}

}  // namespace sqlmig
