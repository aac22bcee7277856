// The order in which remedies are executed where nothing that one needs of another says otherwise.
#pragma once

#include "catalog/difference.h"
#include "verify/remedy.h"

namespace sqlmig {

// Less is earlier: what is dropped, dependents first; what is changed; what is made; who owns it, who may use it and
// what is said of it; default privileges, which act on what is made behind them. `to`: the object as it will be, null
// when it is dropped.
int RemedyRank(const Difference& difference, const Remedy& remedy, const CatalogObject* to);

}  // namespace sqlmig
