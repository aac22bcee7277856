#include "verify/workers.h"

#include <exception>
#include <thread>
#include <vector>

namespace sqlmig {

void RunOnThreads(std::size_t count, const std::function<void(std::size_t)>& work, const std::function<void()>& stop) {
  std::vector<std::exception_ptr> errors(count);
  const auto guarded = [&](std::size_t number) {
    try {
      work(number);
    } catch (...) {
      errors[number] = std::current_exception();
      stop();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t number = 1; number < count; ++number) threads.emplace_back(guarded, number);
    if (count > 0) guarded(0);
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace sqlmig
