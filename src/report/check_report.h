#pragma once

#include <string>
#include <vector>

#include "report/format.h"
#include "support/error.h"

namespace sqlmig {

// Something that `check` has to say.
struct Finding {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  std::string code;  // of an error (ErrorCodeName), or one of finding_code
  std::string message;
  TextLocation location = {};  // empty file: none
  std::string excerpt = {};    // lines to show below the message
  std::string hint = {};
  std::string database = {};  // empty: the whole manifest
};

namespace finding_code {
inline constexpr const char* kHeads = "heads";
inline constexpr const char* kSyntax = "syntax";  // the parser does not know it; a newer server may
inline constexpr const char* kEmptyScript = "empty_script";
inline constexpr const char* kTransaction = "transaction";
inline constexpr const char* kSharedScript = "shared_script";  // two migrations name one file
inline constexpr const char* kUnlisted = "unlisted";           // on disk, and no migration names it
inline constexpr const char* kSchemaFile = "schema_file";      // out of date
inline constexpr const char* kInterrupted = "interrupted";
inline constexpr const char* kEdited = "edited";
inline constexpr const char* kLate = "late";
inline constexpr const char* kUnknown = "unknown";
inline constexpr const char* kHalfway = "halfway";  // the database has a part of what a squash replaces
}  // namespace finding_code

struct CheckReport {
  std::string command = "check";
  bool ok = true;
  std::size_t databases = 0;
  std::size_t migrations = 0;
  std::size_t scripts = 0;  // that were read
  std::vector<Finding> findings;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
};

// An error as a finding, without those that it carries.
Finding FindingOf(const Error& error, const std::string& database);

std::string Render(const CheckReport& report, Format format, bool color);

}  // namespace sqlmig
