#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "catalog/catalog_query.h"
#include "catalog/privileges.h"
#include "catalog/snapshot.h"

namespace sqlmig {
namespace {

constexpr const char* kSavepoint = "\"sqlmig catalog\"";

// How the server writes names, constants and expressions, and that it does not compile what runs only once.
constexpr const char* kSettings =
    "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = "
    "'postgres'; SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; SET "
    "LOCAL "
    "lc_monetary = 'C'; SET LOCAL xmloption = 'content'; SET LOCAL quote_all_identifiers = off; SET LOCAL "
    "standard_conforming_strings = on; SET LOCAL jit = off";

CatalogSql CatalogSqlFor(const CatalogScope& scope) {
  CatalogSql sql;
  for (const auto add : {AddSchemas, AddTables, AddConstraints, AddIndexes, AddSequences, AddFunctions, AddOperators,
                         AddTriggers, AddTypes, AddTextSearch, AddForeign, AddReplication}) {
    add(scope, &sql);
  }
  const auto drop = [&](auto* items) {
    std::erase_if(*items, [&](const auto& item) { return item.since > scope.version; });
  };
  drop(&sql.objects);
  drop(&sql.properties);
  for (ObjectSql& object : sql.objects) drop(&object.properties);
  return sql;
}

// One row: the oids of ignored schemas, the catalogs that have members of extensions, whether there is what each family
// needs. To leave out what is not there costs less than half of what it costs to find nothing.
std::string SurveySql(const CatalogSql& sql, const CatalogOptions& options) {
  std::string ignored = "'information_schema'";
  for (const std::string& schema : options.ignored_schemas) ignored += ", " + QuoteLiteral(schema);
  std::string survey = fmt::format(
      "SELECT ARRAY(SELECT g.oid FROM pg_namespace g WHERE g.nspname IN ({}) OR g.nspname LIKE 'pg\\_toast%' OR "
      "g.nspname "
      "LIKE 'pg\\_temp\\_%'), ARRAY(SELECT DISTINCT e.classid FROM pg_depend e WHERE e.refclassid = {} AND e.deptype = "
      "'e' "
      "AND e.objid >= 16384)",
      ignored, system_catalog::kExtension);
  const auto add = [&](const std::string& needs) {
    survey += needs.empty() ? std::string(", true") : fmt::format(", EXISTS (SELECT FROM {})", needs);
  };
  for (const ObjectSql& object : sql.objects) add(object.needs);
  for (const PropertyRowsSql& rows : sql.properties) add(rows.needs);
  return survey;
}

// What SurveySql has found: the families that are worth reading.
CatalogSql SqlAfterSurvey(CatalogScope scope, const Rows& survey) {
  scope.ignored_schemas = fmt::format("'{}'::oid[]", survey.At(0, 0));
  std::uint32_t number = 0;
  for (const char c : survey.At(0, 1)) {  // {1255,1247}
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
    } else if (number != 0) {
      scope.with_members.insert(std::exchange(number, 0));
    }
  }
  CatalogSql sql = CatalogSqlFor(scope);
  std::size_t cell = 2;
  const auto drop = [&](auto* items) {
    std::erase_if(*items, [&](const auto&) { return survey.At(0, cell++) != "t"; });
  };
  drop(&sql.objects);
  drop(&sql.properties);
  sql.privileges = PrivilegesSql(scope);
  return sql;
}

std::string SelectOf(const ObjectSql& object) {
  std::string sql =
      fmt::format("SELECT {}, {}, {}, {}, {}", object.oid, object.sub, object.kind, object.name, object.parent);
  for (const PropertySql& property : object.properties) sql += ", " + property.sql;
  return sql + " " + object.from;
}

std::string MessageFor(const CatalogSql& sql) {
  std::string message;
  for (const ObjectSql& object : sql.objects) message += SelectOf(object) + ";\n";
  for (const PropertyRowsSql& rows : sql.properties) message += rows.sql + ";\n";
  return message + sql.privileges;
}

// Puts together what the queries bring.
class Collector {
 public:
  void AddObjects(const ObjectSql& sql, Rows* rows) {
    for (auto& row : rows->rows) {
      CatalogObject object{Take(&row[2]), Take(&row[3]), Take(&row[4]), {}};
      for (std::size_t i = 0; i < sql.properties.size(); ++i) {
        std::string value = Take(&row[5 + i]);
        if (!value.empty()) object.properties.emplace(sql.properties[i].name, std::move(value));
      }
      places_[{sql.catalog, NumberOf(row[0]), NumberOf(row[1])}] = objects_.size();
      objects_.push_back(std::move(object));
    }
  }

  void AddProperties(Rows* rows) {
    for (auto& row : rows->rows) {
      CatalogObject* const object = Find(row);
      if (object == nullptr || !row[4].has_value()) continue;
      object->properties[Take(&row[3])] = Take(&row[4]);
    }
  }

  void AddPrivileges(const Rows& rows) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      auto properties = DecodePrivileges({rows.At(r, 3), rows.At(r, 4), rows.At(r, 5)});
      CatalogObject* const object = Find(rows.rows[r]);
      if (object != nullptr) {
        object->properties.merge(properties);
      } else if (AddToSequence(rows.rows[r], properties)) {
        continue;
      } else if (!rows.IsNull(r, 6) && !properties.empty()) {
        const std::string extension = rows.IsNull(r, 8) ? std::string() : rows.At(r, 8);
        objects_.push_back({rows.At(r, 6), rows.At(r, 7), extension, std::move(properties)});
      }
    }
  }

  Snapshot Finish() { return Snapshot(std::move(objects_)); }

 private:
  using Cell = std::optional<std::string>;
  struct Key {
    std::uint32_t catalog;
    std::uint32_t oid;
    std::uint32_t sub;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return (static_cast<std::size_t>(key.oid) << 16U ^ key.sub) * 31U + key.catalog;
    }
  };

  static std::string Take(Cell* cell) { return cell->has_value() ? std::move(**cell) : std::string(); }
  static std::uint32_t NumberOf(const Cell& cell) {
    std::uint32_t number = 0;
    if (cell.has_value()) std::from_chars(cell->data(), cell->data() + cell->size(), number);
    return number;
  }

  // Columns of sequences are no objects, but can be granted on.
  bool AddToSequence(const std::vector<Cell>& row, const std::map<std::string, std::string>& properties) {
    constexpr std::array<const char*, 3> kColumns{"last_value", "log_cnt", "is_called"};
    const std::uint32_t column = NumberOf(row[2]);
    const auto found = places_.find({NumberOf(row[0]), NumberOf(row[1]), 0});
    if (found == places_.end() || column == 0 || column > kColumns.size()) return false;
    CatalogObject& object = objects_[found->second];
    if (object.kind != "sequence") return false;
    for (const auto& [name, value] : properties) object.properties[name + " on " + kColumns.at(column - 1)] = value;
    return true;
  }

  CatalogObject* Find(const std::vector<Cell>& row) {
    const auto found = places_.find({NumberOf(row[0]), NumberOf(row[1]), NumberOf(row[2])});
    return found == places_.end() ? nullptr : &objects_[found->second];
  }

  std::vector<CatalogObject> objects_;
  std::unordered_map<Key, std::size_t, Hash> places_;
};

Snapshot Assemble(const CatalogSql& sql, std::vector<Rows>* results) {
  Collector collector;
  std::size_t at = 0;
  for (const ObjectSql& object : sql.objects) collector.AddObjects(object, &results->at(at++));
  for (std::size_t i = 0; i < sql.properties.size(); ++i) collector.AddProperties(&results->at(at++));
  collector.AddPrivileges(results->at(at));
  return collector.Finish();
}

// A transaction of its own, or a part of the one that is open, which then goes on with its own settings.
struct Bracket {
  explicit Bracket(bool inside)
      : begin(inside ? fmt::format("SAVEPOINT {}", kSavepoint) : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        end(inside ? fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", kSavepoint) : "ROLLBACK") {}

  std::string begin;
  std::string end;
};

}  // namespace

Snapshot ReadCatalog(Connection& connection, const CatalogOptions& options) {
  CatalogScope scope;
  scope.version = connection.server_version() / 10000;
  const Bracket bracket(connection.in_transaction());
  try {
    const std::string survey = SurveySql(CatalogSqlFor(scope), options);
    const Rows found = connection.Query(fmt::format("{}; {}; {}", bracket.begin, kSettings, survey)).back();
    const CatalogSql sql = SqlAfterSurvey(std::move(scope), found);
    std::vector<Rows> results = connection.Query(fmt::format("{}; {}", MessageFor(sql), bracket.end));
    return Assemble(sql, &results);
  } catch (...) {
    if (connection.alive() && connection.in_transaction()) connection.TryQuery(bracket.end);
    throw;
  }
}

}  // namespace sqlmig
