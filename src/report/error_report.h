#pragma once

#include <filesystem>
#include <string>

#include "support/error.h"

namespace sqlmig {

// For people: place, message, excerpt, what the server added, context, hint; the other problems found with it follow.
// Ends with a newline.
std::string ErrorText(const Error& error, bool color, const std::filesystem::path& folder = {});
// {"schema":1,"command":...,"error":{...}}; further problems under "errors".
std::string ErrorJsonText(const std::string& command, const Error& error);

}  // namespace sqlmig
