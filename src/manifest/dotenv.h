// `.env` files: KEY=VALUE lines, as the application beside sqlmig reads them. Nothing is executed or replaced.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sqlmig {

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

// The variables of a `.env` text. A line is blank, a comment (`# ...`), or `[export ]KEY=VALUE`:
// - a plain VALUE ends at the line's end or at ` #`, blanks around it are dropped;
// - 'VALUE' is taken as it is, "VALUE" knows \n \r \t \" \' \\ \$ and keeps any other backslash; both may span lines;
// - `$` has no meaning, so that a password may hold it; of several lines for one key the last counts, as in a shell.
// Throws kManifest with file:line:column of the first wrong line and the others in also(). Values are never part of an
// error.
EnvironmentMap ParseDotenv(std::string_view text, const std::filesystem::path& file);

}  // namespace sqlmig
