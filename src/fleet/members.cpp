#include "fleet/members.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sqlmig {
namespace {

constexpr std::size_t kMaxNameBytes = 200;

Error Wrong(std::string message, std::string hint) {
  return Error(ErrorCode::kMember, std::move(message)).Hint(std::move(hint));
}

struct Columns {
  std::size_t name;
  std::size_t url;
  std::optional<std::size_t> wave;
  std::optional<std::size_t> labels;
};

std::optional<std::size_t> Find(const MemberTable& table, std::string_view column) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), column);
  if (found == table.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.columns.begin());
}

Columns FindColumns(const MemberTable& table) {
  const auto name = Find(table, "name");
  const auto url = Find(table, "url");
  if (!name || !url) {
    throw Wrong(fmt::format("{}: the list of members has no column '{}'", table.source, name ? "url" : "name"),
                table.columns.empty()
                    ? "it needs the columns name and url"
                    : fmt::format("it needs the columns name and url, and has: {}", fmt::join(table.columns, ", ")));
  }
  return {*name, *url, Find(table, "wave"), Find(table, "labels")};
}

std::string_view TextOf(const MemberRow& row, std::size_t column) {
  return column < row.values.size() && row.values[column] ? std::string_view(*row.values[column]) : std::string_view();
}

bool IsShowable(std::string_view name) {
  return name.size() <= kMaxNameBytes && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

// "x=1 y, z": words between spaces and commas.
void AddWords(std::string_view text, std::vector<std::string>* words) {
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" ,\t\n");
    if (end != 0) words->emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::vector<std::string> LabelsOf(const MemberTable& table, const Columns& columns, const MemberRow& row) {
  std::vector<std::string> labels;
  if (columns.labels) AddWords(TextOf(row, *columns.labels), &labels);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i == columns.name || i == columns.url || columns.wave == i || columns.labels == i) continue;
    if (const std::string_view value = TextOf(row, i); !value.empty())
      labels.push_back(fmt::format("{}={}", table.columns[i], value));
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

// Throws what is wrong with it.
Conninfo ConninfoOf(std::string_view url, const MemberPlaces& places) {
  if (url.empty()) throw Wrong("it has no url", "the column url is empty there");
  const bool only_a_name = url.find('=') == std::string_view::npos && url.find("://") == std::string_view::npos;
  Conninfo conninfo;
  if (only_a_name) {
    if (!places.base) {
      throw Wrong("its url is only the name of a database, and nothing says on which server",
                  "give the fleet a 'url:' in the manifest, which completes it, or the member a whole url");
    }
    conninfo = *places.base;
    conninfo.Set("dbname", std::string(url));
  } else {
    conninfo = Conninfo::Parse(url);
  }
  conninfo.AddFrom(places.environment);
  const std::string* const dbname = conninfo.Find("dbname");
  if ((dbname == nullptr || dbname->empty()) && conninfo.Find("service") == nullptr) {
    throw Wrong("its url names no database", "add it: postgresql://host/DATABASE, or dbname=DATABASE");
  }
  return conninfo;
}

// Equal for two ways to write one place, as far as that can be told without connecting.
std::string PlaceOf(const Conninfo& conninfo) {
  const auto value = [&](const char* key) {
    const std::string* const found = conninfo.Find(key);
    return found == nullptr ? std::string() : *found;
  };
  std::string port = value("port");
  if (port.empty()) port = "5432";
  const std::string host = value("hostaddr").empty() ? value("host") : value("hostaddr");
  return fmt::format("{}\n{}\n{}\n{}", value("service"), host, port, value("dbname"));
}

void RefuseTwice(std::vector<Member>* members, const std::function<std::string(const Member&)>& key,
                 const std::function<Error(const Member&, const Member&)>& complaint) {
  std::unordered_map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < members->size(); ++i) {
    Member& member = (*members)[i];
    const std::string text = key(member);
    if (text.empty()) continue;
    const auto [known, is_new] = first.emplace(text, i);
    if (is_new) continue;
    Member& other = (*members)[known->second];
    member.problem = complaint(member, other);
    if (!other.problem) other.problem = complaint(other, member);
  }
}

}  // namespace

std::vector<Member> MakeMembers(const MemberTable& table, const MemberPlaces& places) {
  std::vector<Member> members;
  if (table.columns.empty() && table.rows.empty()) return members;
  const Columns columns = FindColumns(table);
  members.reserve(table.rows.size());
  for (const MemberRow& row : table.rows) {
    Member& member = members.emplace_back();
    const std::string_view name = TextOf(row, columns.name);
    const bool named = !name.empty() && IsShowable(name);
    member.name = named ? std::string(name) : fmt::format("(row {})", members.size());
    member.labels = LabelsOf(table, columns, row);
    try {
      if (!named) {
        throw Wrong(name.empty() ? "it has no name" : "its name is too long, or has control characters in it",
                    "mend it in the list of members");
      }
      if (row.values.size() != table.columns.size()) {
        throw Wrong(
            fmt::format("it has {} values, and the list has {} columns", row.values.size(), table.columns.size()),
            "a value with a comma in it is written in quotes");
      }
      if (const std::string_view wave = columns.wave ? TextOf(row, *columns.wave) : ""; !wave.empty()) {
        int number = 0;
        const auto [end, failed] = std::from_chars(wave.data(), wave.data() + wave.size(), number);
        if (failed != std::errc() || end != wave.data() + wave.size() || number < 0)
          throw Wrong("its wave is no number", "a wave is 0, 1, 2 and so on; empty: no wave of its own");
        member.wave = number;
      }
      member.conninfo = ConninfoOf(TextOf(row, columns.url), places);
    } catch (Error& error) {
      error.AddContext(fmt::format("{}:{}", table.source, row.line));
      member.problem = error;
    }
  }
  RefuseTwice(
      &members, [](const Member& member) { return member.name; },
      [](const Member& member, const Member&) {
        return Wrong(fmt::format("two members are named '{}'", member.name), "a name stands for one member");
      });
  RefuseTwice(
      &members, [](const Member& member) { return member.problem ? std::string() : PlaceOf(*member.conninfo); },
      [](const Member& member, const Member& other) {
        return Wrong(fmt::format("it is the same database as '{}': {}", other.name, member.conninfo->Describe()),
                     "a database is one member's; take one of them out of the list");
      });
  for (Member& member : members) {
    if (member.problem) member.conninfo.reset();
  }
  return members;
}

}  // namespace sqlmig
