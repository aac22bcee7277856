// Connection strings: what is accepted, what libpq gets, what people may see.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

// A connection string taken apart; keys are libpq's own.
class Conninfo {
 public:
  // Accepts postgresql:// and postgres:// URLs, key=value strings, and SQLAlchemy's postgresql+asyncpg://, +psycopg://
  // and +psycopg2:// (asyncpg's `ssl` becomes sslmode, its driver-only parameters are dropped). Throws kUsage without
  // quoting the text: libpq's own messages repeat parts of passwords. An empty string means libpq's environment.
  static Conninfo Parse(std::string_view text);

  // Adds what is not given from the environment, by libpq's own table of variables. An empty variable counts as not
  // set, and with a service only its name is taken, for the service beats the other variables.
  void AddFrom(const std::function<std::optional<std::string>(std::string_view)>& environment);

  const std::string* Find(const std::string& key) const;
  void Set(const std::string& key, std::string value) { values_[key] = std::move(value); }
  const std::map<std::string, std::string>& values() const noexcept { return values_; }

  // "bots on db.example.org:5432 as deploy": never a secret. What is not given is libpq's default.
  std::string Describe() const;

  // Replaces every occurrence of a secret value (libpq marks its password options) in `text` by "****".
  std::string Scrub(std::string text) const;

 private:
  std::map<std::string, std::string> values_;
};

// Whether PGDATABASE, PGHOST or PGSERVICE in the environment make an empty connection string meaningful is the caller's
// question; this says which libpq option names are secrets (dispchar '*'), from libpq's own table.
std::vector<std::string> SecretOptions();

}  // namespace sqlmig
