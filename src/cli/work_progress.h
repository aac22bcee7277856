#pragma once

#include <cstddef>
#include <string>

#include "cli/context.h"

namespace sqlmig {

// Progress of work that has no steps of a run: in place on a terminal, a line each elsewhere. One thread at a time.
class WorkProgress {
 public:
  // `prefix` begins each line.
  WorkProgress(Context& context, std::string prefix);
  ~WorkProgress();
  WorkProgress(const WorkProgress&) = delete;
  WorkProgress& operator=(const WorkProgress&) = delete;

  // "[3/12] create_users  ok"
  void Show(std::size_t done, std::size_t total, const std::string& text);

 private:
  Context& context_;
  std::string prefix_;
  bool shown_ = false;
  bool live_ = false;
  bool dirty_ = false;
};

}  // namespace sqlmig
