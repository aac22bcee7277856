#pragma once

#include "model/migration.h"

namespace sqlmig {

// Whether a server of this major version is one that `wanted` asks for.
inline bool IsMetBy(const ServerRequirement& wanted, int server_major) {
  using Compare = ServerRequirement::Compare;
  switch (wanted.compare) {
    case Compare::kLess:
      return server_major < wanted.major;
    case Compare::kLessEqual:
      return server_major <= wanted.major;
    case Compare::kEqual:
      return server_major == wanted.major;
    case Compare::kGreaterEqual:
      return server_major >= wanted.major;
    case Compare::kGreater:
      return server_major > wanted.major;
  }
  return false;
}

}  // namespace sqlmig
