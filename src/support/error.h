// The one exception type, with a closed list of codes. Branch on code(), never on a type.
#pragma once

#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

// What went wrong, as scripts see it in JSON ("code"); ErrorCodeName() gives the word. The exit status of each is in
// cli/exit_status.h.
enum class ErrorCode {
  kUsage,               // wrong option, argument or setting
  kConfirmationNeeded,  // a destructive command without --yes and without a terminal
  kNoUrl,               // no connection URL is configured
  kIo,                  // a file of ours cannot be read or written
  kManifest,            // migrations.yaml is not what it must be
  kScript,              // a script is missing, unreadable or holds what sqlmig refuses
  kGraph,               // unknown dependency, cycle
  kTarget,              // a target that names nothing, or too much
  kHeads,               // several heads where one is asked for
  kIrreversible,        // a migration on the way back has no down script
  kServerVersion,       // requires_server is not met
  kUnproved,            // a step is to be proved, and what its up did is not known
  kMember,              // a fleet's list of members, or what it says of one, is not what it must be
  kConnection,          // no connection
  kReadOnly,            // the server is a standby or read-only
  kPooler,              // a connection pooler stands between
  kRunLock,             // another run holds the lock
  kLockTimeout,         // a lock on a table was not had in time
  kSql,                 // the server refused a statement of a script
  kNotRestored,         // a down left something other than what was there before its up
  kInterrupted,         // a non-transactional step was left half done
  kEdited,              // an applied script was changed
  kLate,                // policy refuses migrations merged below what is applied
  kUnknown,             // policy refuses ids that the checkout lacks
  kStalePlan,           // the frozen or confirmed plan is not the plan any more
  kScope,               // the ledger holds these ids under another project or database name
  kLedger,              // the ledger itself is not what it must be
  kPartial,             // several databases, some failed
  kOutcomeUnknown,      // connection lost during COMMIT and not had back
  kSignal,              // SIGINT or SIGTERM
  kInternal,            // a bug in sqlmig
};

std::string_view ErrorCodeName(ErrorCode code);

// A place in a text file; line and column count from 1, the column in code points. line 0: the whole file.
struct TextPosition {
  int line = 0;
  int column = 0;

  friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

struct TextLocation {
  std::filesystem::path file;
  TextPosition at;

  friend bool operator==(const TextLocation&, const TextLocation&) = default;
};

// What the server said. `detail` may quote rows of the user's tables: it is shown to people, never stored.
struct SqlDetail {
  std::string sqlstate;
  std::string detail;
  std::string hint;
  std::string context;
};

// Cheap to copy (shared, immutable once thrown). Built fluently:
//   throw Error(ErrorCode::kScript, "...").At(location).Hint("...");
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message);

  Error&& At(TextLocation where) &&;
  // The lines to show below the message, a caret line included.
  Error&& Excerpt(std::string lines) &&;
  Error&& Hint(std::string hint) &&;
  Error&& Sql(SqlDetail detail) &&;
  // Other problems found at the same time, in the order in which they are to be shown.
  Error&& Also(std::vector<Error> others) &&;

  void AddContext(std::string context);
  void SetHint(std::string hint);

  const char* what() const noexcept override;
  ErrorCode code() const noexcept;
  const std::string& message() const noexcept;
  const TextLocation& location() const noexcept;
  bool has_location() const noexcept;
  const std::string& excerpt() const noexcept;
  const std::string& hint() const noexcept;
  const SqlDetail& sql() const noexcept;
  const std::vector<std::string>& context() const noexcept;
  const std::vector<Error>& also() const noexcept;

 private:
  struct Block;
  Block& Own();
  std::shared_ptr<Block> block_;
};

// Throws the first of `problems` carrying the others; does nothing when there are none.
void ThrowAll(std::vector<Error> problems);

}  // namespace sqlmig
