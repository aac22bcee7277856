#include "sqltext/deep_stack.h"

#include <cstddef>
#include <exception>

#include <pthread.h>

#include "support/error.h"

namespace sqlmig {
namespace {

constexpr std::size_t kStackBytes = std::size_t{512} << 20;

struct Job {
  const std::function<void()>& work;
  std::exception_ptr failure;
};

void* Run(void* argument) {
  Job& job = *static_cast<Job*>(argument);
  try {
    job.work();
  } catch (...) {
    job.failure = std::current_exception();
  }
  return nullptr;
}

}  // namespace

void RunOnDeepStack(const std::function<void()>& work) {
  Job job{work, nullptr};
  pthread_attr_t attributes;
  pthread_t thread{};
  if (pthread_attr_init(&attributes) != 0) throw Error(ErrorCode::kInternal, "no attributes for a thread");
  const bool started =
      pthread_attr_setstacksize(&attributes, kStackBytes) == 0 && pthread_create(&thread, &attributes, Run, &job) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) throw Error(ErrorCode::kInternal, "the system gives no thread with a stack of 512 MB");
  pthread_join(thread, nullptr);
  if (job.failure) std::rethrow_exception(job.failure);
}

}  // namespace sqlmig
