#include "pg/conninfo.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, OptionsDeleter>;

// Parameters of SQLAlchemy's asyncpg dialect and of asyncpg itself that mean nothing to libpq.
constexpr std::array<std::string_view, 8> kDriverOnly = {
    "prepared_statement_cache_size", "prepared_statement_name_func", "statement_cache_size", "command_timeout",
    "max_cached_statement_lifetime", "max_cacheable_statement_size", "async_fallback",       "timeout"};

Error Malformed() {
  return Error(ErrorCode::kUsage, "the connection URL is malformed")
      .Hint(
          "write postgresql://user:password@host:port/database (special characters in the password as %XX) or "
          "key=value pairs; its text is not shown because it may hold a password");
}

// Other programs' addresses. Only what stands here is said again: the text may begin with a secret.
constexpr std::array<std::string_view, 12> kForeignSchemes = {"jdbc",   "mysql",       "mariadb", "sqlite",
                                                              "oracle", "mssql",       "mongodb", "redis",
                                                              "odbc",   "cockroachdb", "http",    "https"};

Error NotUnderstood(std::string_view text) {
  const std::string_view scheme = text.substr(0, text.find_first_of(":+"));
  const bool foreign = std::find(kForeignSchemes.begin(), kForeignSchemes.end(), scheme) != kForeignSchemes.end();
  if (!foreign || scheme.size() == text.size()) return Malformed();
  return Error(ErrorCode::kUsage,
               fmt::format("the connection URL begins with '{}:', which is not PostgreSQL's", scheme))
      .Hint("write postgresql://user:password@host:port/database");
}

std::string_view SslMode(std::string_view value) {
  if (value == "true" || value == "1") return "require";
  if (value == "false" || value == "0") return "disable";
  return value;
}

// What follows user and password in a URL behind its "://", as libpq divides it: they end at the first '@', unless a
// '/' comes before that.
std::string_view AfterCredentials(std::string_view rest) {
  const std::size_t mark = rest.find_first_of("@/");
  if (mark != std::string_view::npos && rest[mark] == '@') rest.remove_prefix(mark + 1);
  return rest;
}

// What Describe() and libpq's messages show.
constexpr std::array<const char*, 6> kShown = {"host", "hostaddr", "port", "dbname", "user", "service"};

// "host=h password=x" where one value is meant, such as postgresql://host=h password=x.
bool HoldsPasswordOption(std::string_view value) {
  static constexpr std::string_view kOption = "password";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
  for (auto from = value.begin();; ++from) {
    from = std::search(from, value.end(), kOption.begin(), kOption.end(), same);
    if (from == value.end()) return false;
    const std::string_view rest = value.substr(static_cast<std::size_t>(from - value.begin()) + kOption.size());
    if (rest.substr(std::min(rest.find_first_not_of(" \t\r\n\f\v"), rest.size())).starts_with('=')) return true;
  }
}

// postgresql://u%3Apassword without a host, or with a '@' written as %40: only addresses and paths hold a colon.
bool IsNoHost(std::string_view host) {
  if (host.starts_with('/') || host.starts_with('@')) return false;
  const std::string_view address = host.substr(0, host.find('%'));
  const auto colons = std::count(address.begin(), address.end(), ':');
  if (colons == 0) return host.find(':') != std::string_view::npos;
  return colons == 1 || address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos;
}

bool HoldsNoHost(std::string_view hosts) {
  for (std::size_t begin = 0; begin <= hosts.size();) {
    const std::size_t end = std::min(hosts.find(',', begin), hosts.size());
    if (IsNoHost(hosts.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

// Whether a part of the password may have ended up in host, port or database name, which people see: a password with
// an '@' or '/' that is not written as %40 or %2F does that, and libpq does not mind.
bool PasswordMaySpill(std::string_view url, const std::map<std::string, std::string>& values) {
  const auto value = [&](const char* key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string_view{} : std::string_view(found->second);
  };
  if (value("port").find_first_not_of("0123456789,") != std::string_view::npos) return true;
  if (value("dbname").find("://") != std::string_view::npos) return true;
  if (HoldsNoHost(value("host"))) return true;
  if (std::any_of(kShown.begin(), kShown.end(), [&](const char* key) { return HoldsPasswordOption(value(key)); })) {
    return true;
  }
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) return false;
  const std::string_view place = AfterCredentials(url.substr(url.find("://") + 3));
  return place.substr(0, place.find('?')).find('@') != std::string_view::npos;
}

// "postgresql+driver://..." to what libpq reads.
std::string WithoutDriver(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::size_t plus = text.find('+');
  if (colon == std::string_view::npos || plus == std::string_view::npos || plus > colon) return std::string(text);
  const std::string_view scheme = text.substr(0, plus);
  if (scheme != "postgresql" && scheme != "postgres") return std::string(text);
  const std::string_view driver = text.substr(plus + 1, colon - plus - 1);
  const std::string_view rest = text.substr(colon);
  std::string url = "postgresql";
  const std::size_t question = rest.find('?', rest.size() - AfterCredentials(rest.substr(3)).size());
  url += rest.substr(0, question);
  if (question == std::string_view::npos) return url;

  char separator = '?';
  std::string_view query = rest.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::string_view key = pair.substr(0, pair.find('='));
    const std::string_view value = pair.size() > key.size() ? pair.substr(key.size() + 1) : std::string_view{};
    if (driver == "asyncpg" && std::find(kDriverOnly.begin(), kDriverOnly.end(), key) != kDriverOnly.end()) continue;
    const bool ssl = driver == "asyncpg" && key == "ssl";
    url += fmt::format("{}{}={}", separator, ssl ? "sslmode" : key, ssl ? SslMode(value) : value);
    separator = '&';
  }
  return url;
}

}  // namespace

Conninfo Conninfo::Parse(std::string_view text) {
  Conninfo conninfo;
  if (text.empty()) return conninfo;
  if (text.find('\0') != std::string_view::npos) throw Malformed();
  const std::string for_libpq = WithoutDriver(text);
  char* message = nullptr;
  const Options options(PQconninfoParse(for_libpq.c_str(), &message));
  // libpq says why it does not understand a text; without memory it has no message, or one that says so.
  const std::string why = message == nullptr ? "" : message;
  if (message != nullptr) PQfreemem(message);
  const bool no_memory = why.empty() || why.starts_with("out of memory");
  if (options == nullptr && no_memory) throw std::bad_alloc();
  if (options == nullptr) throw NotUnderstood(text);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) conninfo.values_[option->keyword] = option->val;
  }
  if (PasswordMaySpill(for_libpq, conninfo.values_)) throw Malformed();
  return conninfo;
}

void Conninfo::AddFrom(const std::function<std::optional<std::string>(std::string_view)>& environment) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  if (const std::string service = variable("PGSERVICE"); !service.empty()) values_.try_emplace("service", service);
  if (values_.contains("service")) return;
  const Options options(PQconndefaults());
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->envvar == nullptr) continue;
    if (const std::string value = variable(option->envvar); !value.empty()) values_.try_emplace(option->keyword, value);
  }
}

namespace {

// What stands behind a ':' in a user's name: the password, when a URL has both as one part ("u%3Apassword@").
std::string_view Tail(std::string_view user) {
  return user.substr(std::min(user.find(':'), user.size() - 1) + 1);
}

std::string WithoutTail(const std::string& user) {
  if (user.empty() || Tail(user).empty()) return user;
  return user.substr(0, user.size() - Tail(user).size()) + "****";
}

}  // namespace

const std::string* Conninfo::Find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::string Conninfo::Describe() const {
  const auto value = [&](const char* key, const std::string& fallback) {
    const std::string* found = Find(key);
    return found == nullptr || found->empty() ? fallback : *found;
  };
  if (const std::string* service = Find("service")) return Printable(fmt::format("service {}", *service));
  const std::string user = WithoutTail(value("user", ""));
  const std::string host = value("host", value("hostaddr", ""));
  const std::string port = value("port", "");
  std::string text = value("dbname", user.empty() ? "the default database" : user);
  if (!host.empty()) text += fmt::format(" on {}{}", host, port.empty() ? "" : ":" + port);
  if (!user.empty()) text += fmt::format(" as {}", user);
  return Printable(text);
}

std::string Conninfo::Scrub(std::string text) const {
  std::vector<std::string> secrets;
  for (const std::string& key : SecretOptions()) {
    if (const std::string* secret = Find(key); secret != nullptr && !secret->empty()) secrets.push_back(*secret);
  }
  if (const std::string* user = Find("user"); user != nullptr && !user->empty() && !Tail(*user).empty()) {
    secrets.emplace_back(Tail(*user));
  }
  // One secret may be a part of another: the longer goes first.
  std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const std::string& secret : secrets) {
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 4)) {
      text.replace(at, secret.size(), "****");
    }
  }
  return text;
}

std::vector<std::string> SecretOptions() {
  std::vector<std::string> names;
  const Options options(PQconndefaults());
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->dispchar != nullptr && std::string_view(option->dispchar) == "*") names.emplace_back(option->keyword);
  }
  if (names.empty()) names = {"password", "sslpassword"};
  return names;
}

}  // namespace sqlmig
