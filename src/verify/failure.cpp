#include "verify/failure.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sqlmig {
namespace {

VerifyFinding NewFinding(const Migration& migration, VerifyCode code) {
  VerifyFinding finding;
  finding.code = code;
  finding.note = IsNote(code);
  finding.migration = migration.id;
  return finding;
}

// The order of columns, which nobody can restore, is no failure by itself.
VerifyCode CodeFor(const std::vector<Difference>& differences, VerifyCode code) {
  const bool order_only = std::all_of(differences.begin(), differences.end(), IsColumnOrder);
  return order_only ? VerifyCode::kColumnOrder : code;
}

TextLocation PlaceOf(const ScriptRef& script) {
  return script.kind == ScriptRef::Kind::kFile ? TextLocation{script.path, {}} : TextLocation{};
}

// Roles are the whole server's: a second database meets them again.
std::string HintFor(VerifyCode code, const Error& error) {
  if (error.code() == ErrorCode::kUsage) return error.hint();  // it was not run
  if (error.sql().sqlstate == "42710" && error.message().find("role ") != std::string::npos) {
    return "roles belong to the whole server, so a second database of it meets them again; make the role only if it is "
           "not there, or drop it in down.sql";
  }
  switch (code) {
    case VerifyCode::kUpFailed:
      return "correct the script; only the scratch database has seen it";
    case VerifyCode::kDownFailed:
      return "correct the script, or declare 'irreversible: <reason>' in the manifest";
    default:
      return "let down.sql take away all that up.sql makes, or make up.sql fit for what down.sql leaves";
  }
}

}  // namespace

VerifyFinding FailureOf(const Migration& migration, VerifyCode code, const Error& error) {
  VerifyFinding finding = NewFinding(migration, code);
  const char* what = code == VerifyCode::kUpFailed     ? "up fails"
                     : code == VerifyCode::kDownFailed ? "down fails"
                                                       : "up fails the second time, after down";
  finding.message = fmt::format("{}: {}", what, error.message());
  if (error.has_location()) finding.location = error.location();
  finding.excerpt = error.excerpt();
  finding.hint = HintFor(code, error);
  return finding;
}

VerifyFinding Irreversible(const Migration& migration, const TextLocation& manifest) {
  VerifyFinding finding = NewFinding(migration, VerifyCode::kIrreversible);
  finding.message = migration.irreversible.empty() ? "declared irreversible: no way back was tried"
                                                   : fmt::format("declared irreversible: {}", migration.irreversible);
  finding.location = manifest;
  return finding;
}

VerifyFinding DownNoneButChanges(const Migration& migration, const TextLocation& manifest,
                                 std::vector<Difference> differences) {
  VerifyFinding finding = NewFinding(migration, VerifyCode::kDownNoneButChanges);
  finding.message = "'down: none' says that there is nothing to undo, and up changes the schema";
  finding.location = manifest;
  finding.hint = "write a down.sql, or declare 'irreversible: <reason>'";
  finding.differences = std::move(differences);
  return finding;
}

VerifyFinding DownInexact(const Migration& migration, std::vector<Difference> differences) {
  VerifyFinding finding = NewFinding(migration, CodeFor(differences, VerifyCode::kDownInexact));
  finding.location = PlaceOf(migration.down);
  if (finding.note) {
    finding.message = "up and down change the order of columns";
    finding.hint = "a column that was dropped comes back as the last one; that matters to an INSERT without names";
  } else {
    finding.message = "up and down do not restore the schema that was there before";
    finding.hint = "complete down.sql, or declare 'irreversible: <reason>' in the manifest";
  }
  finding.differences = std::move(differences);
  return finding;
}

VerifyFinding UpAgainDiffers(const Migration& migration, std::vector<Difference> differences) {
  VerifyFinding finding = NewFinding(migration, CodeFor(differences, VerifyCode::kUpAgainDiffers));
  finding.message = finding.note ? "up, down and up again give another order of columns than up alone"
                                 : "up, down and up again give another schema than up alone";
  finding.location = PlaceOf(migration.up);
  finding.hint = "see what down.sql leaves, and what up.sql skips because it is there (IF NOT EXISTS)";
  finding.differences = std::move(differences);
  return finding;
}

VerifyFinding DataLost(const Migration& migration, const std::vector<std::string>& what) {
  VerifyFinding finding = NewFinding(migration, VerifyCode::kDataLost);
  finding.message = fmt::format("up and down do not keep the rows: {}", fmt::join(what, ", "));
  finding.location = PlaceOf(migration.down);
  finding.hint = "keep the rows in down.sql, or declare 'irreversible: <reason>' in the manifest";
  return finding;
}

VerifyFinding RowsDestroyed(const Migration& migration, const std::vector<std::string>& what) {
  VerifyFinding finding = NewFinding(migration, VerifyCode::kRowsDestroyed);
  finding.message = fmt::format("its down destroys {}", fmt::join(what, ", "));
  finding.location = PlaceOf(migration.down);
  return finding;
}

}  // namespace sqlmig
