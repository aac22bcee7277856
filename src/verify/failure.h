// Findings of one migration, with their words.
#pragma once

#include <string>
#include <vector>

#include "model/migration.h"
#include "verify/result.h"

namespace sqlmig {

// A script that failed: place and excerpt are the error's.
VerifyFinding FailureOf(const Migration& migration, VerifyCode code, const Error& error);
VerifyFinding Irreversible(const Migration& migration, const TextLocation& manifest);
VerifyFinding DownNoneButChanges(const Migration& migration, const TextLocation& manifest,
                                 std::vector<Difference> differences);
// Differences from what was there before to what is there after up and down.
VerifyFinding DownInexact(const Migration& migration, std::vector<Difference> differences);
VerifyFinding UpAgainDiffers(const Migration& migration, std::vector<Difference> differences);
VerifyFinding DataLost(const Migration& migration, const std::vector<std::string>& what);
VerifyFinding RowsDestroyed(const Migration& migration, const std::vector<std::string>& what);

}  // namespace sqlmig
