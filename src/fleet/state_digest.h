#pragma once

#include <string>

#include "model/ledger_state.h"

namespace sqlmig {

// Equal for databases whose ledgers say the same of what is applied and how far: when and by which run it was does not
// matter. They have the same plan to any goal.
std::string StateDigest(const LedgerState& state);

}  // namespace sqlmig
