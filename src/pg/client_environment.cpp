#include "pg/client_environment.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "support/error.h"

namespace sqlmig {
namespace {

// The variable of each option that has one, by libpq's own table.
std::map<std::string, std::string> VariablesOfLibpq() {
  std::map<std::string, std::string> variables;
  PQconninfoOption* const options = PQconndefaults();
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    if (option->envvar != nullptr) variables.emplace(option->keyword, option->envvar);
  }
  PQconninfoFree(options);
  return variables;
}

std::string Pair(const std::string& key, const std::string& value) {
  std::string text = key + "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

// Items of "a,b,,c".
std::vector<std::string> Items(const std::string& list) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    items.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return items;
}

}  // namespace

ClientEnvironment EnvironmentOf(const Conninfo& conninfo) {
  const std::map<std::string, std::string> variables = VariablesOfLibpq();
  const std::vector<std::string> secrets = SecretOptions();
  // A service file beats variables, and what is given beside the service's name beats the file.
  const bool service = conninfo.Find("service") != nullptr;
  ClientEnvironment environment;
  for (const auto& [key, value] : conninfo.values()) {
    if (value.empty()) continue;
    const bool secret = std::find(secrets.begin(), secrets.end(), key) != secrets.end();
    const auto variable = variables.find(key);
    const bool in_variable = variable != variables.end() && (!service || secret || key == "service");
    if (in_variable) {
      environment.variables.push_back(variable->second + "=" + value);
    } else if (secret) {
      throw Error(ErrorCode::kUsage, fmt::format("'{}' cannot be handed to pg_dump without being seen", key))
          .Hint("put it into a service file and name that with PGSERVICE, or use a key without a password");
    } else {
      environment.conninfo += (environment.conninfo.empty() ? "" : " ") + Pair(key, value);
    }
  }
  return environment;
}

Conninfo OnlyHost(Conninfo conninfo, const std::string& host) {
  const std::string* const hosts = conninfo.Find(conninfo.Find("host") != nullptr ? "host" : "hostaddr");
  if (hosts == nullptr || hosts->find(',') == std::string::npos) return conninfo;
  const std::vector<std::string> names = Items(*hosts);
  const auto found = std::find(names.begin(), names.end(), host);
  if (found == names.end()) return conninfo;
  const auto index = static_cast<std::size_t>(found - names.begin());
  for (const char* key : {"host", "hostaddr", "port"}) {
    const std::string* const list = conninfo.Find(key);
    if (list == nullptr) continue;
    const std::vector<std::string> items = Items(*list);
    if (index < items.size()) conninfo.Set(key, items[index]);  // one port may be given for all hosts
  }
  return conninfo;
}

}  // namespace sqlmig
