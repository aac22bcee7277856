// A schema as a file: JSON that is the same for the same schema, a property a line, so that a diff of two reads well.
#pragma once

#include <string>

#include "verify/drift.h"

namespace sqlmig {

// Number of the format; changed when a file of another could not be compared any more.
inline constexpr int kSchemaFileVersion = 1;

std::string SchemaFileText(const DescribedSchema& schema);
// Throws kUsage, as a sentence about "this", when the text is no such file, or of an unknown version.
DescribedSchema ParseSchemaFile(const std::string& text);

}  // namespace sqlmig
