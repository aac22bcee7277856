#pragma once

namespace sqlmig {

inline constexpr const char* kVersion = SQLMIG_VERSION;

}  // namespace sqlmig
