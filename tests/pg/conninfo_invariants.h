// A secret is planted in a connection string that is right or not; nothing that people see may hold it. A test
// replays the files of tests/fuzz/corpus/conninfo.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connect_error.h"
#include "pg/connection.h"
#include "pg/conninfo.h"
#include "support/error.h"
#include "support/mask_passwords.h"

namespace sqlmig {

inline constexpr std::string_view kPlanted = "qz7xwvkjqy";

// What stands around the secret: the lines of the input. The first character of the first line chooses the form.
struct Surrounding {
  std::size_t form = 0;
  std::string before;
  std::string after;
  std::string rest;
};

inline Surrounding SurroundingOf(std::string_view input) {
  Surrounding made;
  if (input.empty()) return made;
  made.form = static_cast<unsigned char>(input[0]) - static_cast<unsigned char>('a');
  input.remove_prefix(1);
  for (std::string* part : {&made.before, &made.after, &made.rest}) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    *part = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return made;
}

// As a value in quotes of a key=value string.
inline std::string QuotedValue(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

inline constexpr std::size_t kConninfoForms = 14;

// "" where what stands before the secret gives it to another option: then it is none.
inline std::string WithSecret(const Surrounding& around) {
  const std::string secret(kPlanted);
  const std::string value = around.before + secret + around.after;
  const std::vector<std::string> options = SecretOptions();
  const bool other_option =
      around.before.find('=') != std::string::npos && around.before.find_first_of(" \t\r\f\v?&") != std::string::npos;
  switch (around.form % kConninfoForms) {
    case 0:
      return other_option ? "" : "postgresql://u:" + value + "@h" + around.rest;
    case 1:
      return other_option ? "" : "postgres://u:" + value + "@h/d?" + around.rest;
    case 2:
      return other_option ? "" : "postgresql+asyncpg://u:" + value + "@h/d?ssl=" + around.rest;
    case 3:
      return other_option ? "" : "host=h password=" + value + " " + around.rest;
    case 4:
      return "host=h password=" + QuotedValue(value) + " " + around.rest;
    case 5:
      return "host=h " + options[around.rest.size() % options.size()] + "=" + QuotedValue(value) + " user=u";
    case 6:
      return "postgresql://u@h/d?" + around.before + "&password=" + secret + around.after;
    case 7:
      return "postgresql+psycopg2://h/d?sslpassword=" + secret + around.after + "&" + around.rest;
    case 8:  // the two forms mixed up
      return "postgresql://host=h user=u password=" + secret + around.after;
    case 9:
      return "dbname='user=u password=" + secret + around.after;
    case 10:
      return "postgresql://u%3A" + secret + around.after;
    case 11:  // another program's
      return other_option ? "" : around.before + "://u:" + secret + around.after + "@h";
    case 12:  // the host was forgotten; behind one of these would stand another host or the database
      return other_option || around.before.find_first_of("@/,") != std::string::npos ? "" : "postgresql://u:" + value;
    default:
      return "password=" + secret + around.rest;
  }
}

inline bool ShowsPlanted(const Error& error) {
  const auto holds = [](const std::string& text) { return text.find(kPlanted) != std::string::npos; };
  bool found = holds(error.what()) || holds(error.message()) || holds(error.hint()) || holds(error.excerpt()) ||
               holds(error.sql().detail) || holds(error.sql().hint) || holds(error.sql().context);
  for (const std::string& context : error.context()) found = found || holds(context);
  for (const Error& other : error.also()) found = found || ShowsPlanted(other);
  return found;
}

// What a server or libpq may say about such a connection: all that it knows.
inline std::vector<std::string> ComplaintsAbout(const Conninfo& conninfo) {
  std::string all;
  std::vector<std::string> complaints;
  for (const auto& [key, value] : conninfo.values()) {
    complaints.push_back("connection to server failed: FATAL:  " + key + " \"" + value + "\" is wrong\n");
    all += key + "=" + value + " ";
  }
  complaints.push_back("invalid connection option in " + all);
  return complaints;
}

inline std::string AcceptedProblem(const Conninfo& conninfo) {
  if (conninfo.Describe().find(kPlanted) != std::string::npos) return "described: " + conninfo.Describe();
  for (const std::string& complaint : ComplaintsAbout(conninfo)) {
    const Error error = ConnectError(conninfo, complaint);
    if (ShowsPlanted(error)) return "in the words of others: " + error.message();
  }
  const std::string* host = conninfo.Find("host");
  const std::string* sslmode = conninfo.Find("sslmode");
  const auto doubt = TlsDoubt(host == nullptr ? "" : *host, "", sslmode == nullptr ? "" : *sslmode, false);
  return doubt && doubt->find(kPlanted) != std::string::npos ? "in the warning about TLS" : "";
}

// The first thing that is wrong, or "".
inline std::string ConninfoProblem(std::string_view input) {
  if (input.find(kPlanted) != std::string_view::npos) return {};  // where it is no secret
  const Surrounding around = SurroundingOf(input);
  const std::string text = WithSecret(around);
  if (text.empty()) return {};
  // As if it stood where no URL is expected.
  const bool url = around.form % kConninfoForms < 3 && text.find_first_of(" \t\r\f\v") == std::string::npos;
  if (url && MaskPasswords("no '" + text + "'").find(kPlanted) != std::string::npos) return "not masked: " + text;
  try {
    Conninfo conninfo = Conninfo::Parse(text);
    if (std::string problem = AcceptedProblem(conninfo); !problem.empty()) return problem;
    conninfo.AddFrom([&](std::string_view name) {
      return std::optional<std::string>(name == "PGPASSWORD" ? around.before + std::string(kPlanted) : "x");
    });
    return AcceptedProblem(conninfo);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage || error.hint().empty()) return "poor error";
    return ShowsPlanted(error) ? "in the error: " + std::string(error.what()) : "";
  }
}

}  // namespace sqlmig
