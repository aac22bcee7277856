// statement_timeout around a statement that runs outside of transactions.
#pragma once

#include <string>

#include "pg/connection.h"

namespace sqlmig {

// Ended in the middle, a concurrent build leaves an INVALID index, and so does its clean-up.
class StatementLimit {
 public:
  // Takes the session's limit away, until it is put back.
  explicit StatementLimit(Connection& connection);

  void Lift();
  void PutBack();

 private:
  void Set(const std::string& value);

  Connection& connection_;
  std::string former_;
  bool lifted_ = false;
};

}  // namespace sqlmig
