// Remedies for kinds of objects that need nothing but themselves. Nothing: no statement is known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/snapshot.h"

namespace sqlmig {

// Foreign data wrappers, servers, user mappings.
std::optional<std::vector<std::string>> CreateForeign(const CatalogObject& object);
// These, and options of foreign tables and of their columns.
std::optional<std::vector<std::string>> ChangeForeign(const CatalogObject& from, const CatalogObject& to,
                                                      const std::string& what);
// Behind a column's definition, and behind a foreign table's columns.
std::string ForeignColumnOptions(const CatalogObject& column);
std::string ForeignTableEnd(const CatalogObject& table);

std::optional<std::vector<std::string>> CreatePublication(const CatalogObject& publication);
std::optional<std::vector<std::string>> ChangePublication(const CatalogObject& from, const CatalogObject& to,
                                                          const std::string& what);

// Operators, casts and aggregates.
bool IsMadeOfFunctions(const CatalogObject& object);
std::optional<std::vector<std::string>> CreateOfFunctions(const CatalogObject& object);
std::string DropOfFunctions(const CatalogObject& object);

}  // namespace sqlmig
