// A script in a grammar that our parser does not know: the server, which may be newer, will judge it.
#pragma once

#include <filesystem>
#include <string>

#include "support/error.h"

namespace sqlmig {

struct UnparsedScript {
  std::string id;      // of the migration
  TextLocation where;  // the first thing that is not understood; the file relative to the manifest's folder
  std::string message;
};

// "sql/newer/up.sql:2:1: syntax error at or near "FROBNICATE"". `folder`: the manifest's, as seen from here.
std::string UnparsedText(const UnparsedScript& script, const std::filesystem::path& folder);

}  // namespace sqlmig
