// Which statement of a script made an object what it is.
#pragma once

#include <string>

#include "catalog/snapshot.h"
#include "exec/script_store.h"

namespace sqlmig {

// The statement that created the object (`what` is "object"), or the last one that set this property of it, else the
// one that created it, else the last that names it, else the first that names what it belongs to: as far as that can be
// told from its words. Without a line: none does.
TextLocation PlaceInScript(const PreparedStep& step, const CatalogObject& object, const std::string& what);

}  // namespace sqlmig
