#pragma once

#include <cstddef>
#include <functional>

namespace sqlmig {

// Calls work(0) .. work(count - 1), each on a thread of its own, and returns when all have ended. What one of them
// throws is thrown here, the first by number; `stop` is called as soon as one has thrown.
void RunOnThreads(std::size_t count, const std::function<void(std::size_t)>& work, const std::function<void()>& stop);

}  // namespace sqlmig
