#include <charconv>
#include <cstdint>
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
constexpr std::size_t kSettingsCount = 11;

CatalogScope ScopeOf(const Connection& connection, const CatalogOptions& options) {
  CatalogScope scope;
  scope.version = connection.server_version() / 10000;
  std::string names = "'information_schema'";
  for (const std::string& schema : options.ignored_schemas) names += ", " + QuoteLiteral(schema);
  scope.ignored_schemas = fmt::format(
      "ARRAY(SELECT g.oid FROM pg_namespace g WHERE g.nspname IN ({}) OR g.nspname LIKE 'pg\\_toast%' OR g.nspname "
      "LIKE "
      "'pg\\_temp\\_%')",
      names);
  return scope;
}

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
  for (ObjectSql& object : sql.objects) {
    drop(&object.properties);
    std::erase_if(object.properties, [&](const PropertySql& property) { return property.until < scope.version; });
  }
  return sql;
}

std::string SelectOf(const ObjectSql& object) {
  std::string sql =
      fmt::format("SELECT {}, {}, {}, {}, {}", object.oid, object.sub, object.kind, object.name, object.parent);
  for (const PropertySql& property : object.properties) sql += ", " + property.sql;
  return sql + " " + object.from;
}

std::string MessageFor(const CatalogScope& scope, const CatalogSql& sql, bool in_transaction) {
  std::string message = in_transaction ? fmt::format("SAVEPOINT {}; ", kSavepoint)
                                       : std::string("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ");
  message += kSettings;
  for (const ObjectSql& object : sql.objects) message += ";\n" + SelectOf(object);
  for (const PropertyRowsSql& rows : sql.properties) message += ";\n" + rows.sql;
  message += ";\n" + PrivilegesSql(scope) + ";\n";
  return message + (in_transaction ? fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", kSavepoint)
                                   : std::string("COMMIT"));
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
      } else if (!rows.IsNull(r, 6) && !properties.empty()) {
        objects_.push_back({rows.At(r, 6), rows.At(r, 7), "", std::move(properties)});
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

  CatalogObject* Find(const std::vector<Cell>& row) {
    const auto found = places_.find({NumberOf(row[0]), NumberOf(row[1]), NumberOf(row[2])});
    return found == places_.end() ? nullptr : &objects_[found->second];
  }

  std::vector<CatalogObject> objects_;
  std::unordered_map<Key, std::size_t, Hash> places_;
};

Snapshot Assemble(const CatalogSql& sql, std::vector<Rows>* results) {
  Collector collector;
  std::size_t at = 1 + kSettingsCount;
  for (const ObjectSql& object : sql.objects) collector.AddObjects(object, &results->at(at++));
  for (std::size_t i = 0; i < sql.properties.size(); ++i) collector.AddProperties(&results->at(at++));
  collector.AddPrivileges(results->at(at));
  return collector.Finish();
}

}  // namespace

Snapshot ReadCatalog(Connection& connection, const CatalogOptions& options) {
  const CatalogScope scope = ScopeOf(connection, options);
  const CatalogSql sql = CatalogSqlFor(scope);
  const bool in_transaction = connection.in_transaction();
  try {
    std::vector<Rows> results = connection.Query(MessageFor(scope, sql, in_transaction));
    return Assemble(sql, &results);
  } catch (...) {
    // The transaction that was open goes on, ours ends.
    if (connection.alive() && connection.in_transaction()) {
      connection.TryQuery(in_transaction ? fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", kSavepoint)
                                         : "ROLLBACK");
    }
    throw;
  }
}

}  // namespace sqlmig
