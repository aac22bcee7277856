// What an object is, in a few lines for people.
#pragma once

#include <string>
#include <vector>

#include "catalog/snapshot.h"

namespace sqlmig {

// Never empty. `children` are the objects that have this one as their parent; columns come first, in their order.
std::string Summary(const CatalogObject& object, std::vector<const CatalogObject*> children);

// The place of a column among its table's.
int PositionOf(const CatalogObject& column);

}  // namespace sqlmig
