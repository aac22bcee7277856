#include "fleet/member_pool.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "support/error.h"

namespace sqlmig {
namespace {

struct Server {
  std::deque<std::size_t> waiting;
  std::size_t running = 0;
  std::size_t cap = 0;  // 0: not known yet
};

class Pool {
 public:
  Pool(std::size_t count, const MemberPool& pool, const std::function<bool(std::size_t)>& work)
      : pool_(pool), work_(work), left_(count), allowed_(pool.budget.Of(count)) {
    result_.begun.resize(count);
    std::map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < count; ++i) {
      const auto [at, is_new] =
          known.emplace(pool.server.empty() ? std::string_view() : pool.server[i], servers_.size());
      if (is_new) servers_.emplace_back();
      servers_[at->second].waiting.push_back(i);
    }
  }

  PoolResult Run() {
    std::vector<std::thread> threads;
    const std::size_t wanted = std::min(std::max<std::size_t>(pool_.jobs, 1), left_);
    for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back([this] { Work(); });
    if (wanted > 0) Work();
    for (std::thread& thread : threads) thread.join();
    return std::move(result_);
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    while (Server* const server = Next(lock)) {
      const std::size_t i = server->waiting.front();
      server->waiting.pop_front();
      --left_;
      ++server->running;
      result_.begun[i] = true;
      const bool asks = server->cap == 0 && server->running == 1;
      lock.unlock();
      const std::size_t cap = !asks ? 0 : pool_.cap ? std::max<std::size_t>(pool_.cap(i), 1) : pool_.jobs;
      if (asks) {
        lock.lock();
        server->cap = cap;
        lock.unlock();
        changed_.notify_all();
      }
      const bool done = work_(i);
      lock.lock();
      if (!done) ++result_.failed;
      --server->running;
      changed_.notify_all();
    }
  }

  // The server of the first member that can be begun now; waits until there is one. Null: nothing more is begun.
  Server* Next(std::unique_lock<std::mutex>& lock) {
    while (left_ > 0) {
      if (pool_.interrupt != nullptr && pool_.interrupt->requested()) return nullptr;
      if (result_.failed > allowed_) {
        result_.over_budget = true;
        return nullptr;
      }
      Server* first = nullptr;
      for (Server& server : servers_) {
        if (server.waiting.empty() || server.running >= std::max<std::size_t>(server.cap, 1)) continue;
        if (first == nullptr || server.waiting.front() < first->waiting.front()) first = &server;
      }
      if (first != nullptr) return first;
      changed_.wait(lock);
    }
    return nullptr;
  }

  const MemberPool& pool_;
  const std::function<bool(std::size_t)>& work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Server> servers_;
  std::size_t left_;     // not begun
  std::size_t allowed_;  // failures
  PoolResult result_;
};

}  // namespace

std::size_t FailureBudget::Of(std::size_t total) const {
  if (members) return *members;
  if (percent) return static_cast<std::size_t>(*percent / 100 * static_cast<double>(total));
  return total;
}

FailureBudget ParseFailureBudget(const std::string& option, const std::string& text) {
  FailureBudget budget;
  const bool percent = text.ends_with('%');
  std::size_t number = 0;
  const char* const end = text.data() + text.size() - (percent ? 1 : 0);
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc() || stop != end || (percent && number > 100)) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is no number of members: '{}'", option, text))
        .Hint("write how many may fail, as 3, or which part of them, as 5%");
  }
  if (percent) {
    budget.percent = static_cast<double>(number);
  } else {
    budget.members = number;
  }
  return budget;
}

PoolResult RunPool(std::size_t count, const MemberPool& pool, const std::function<bool(std::size_t i)>& work) {
  return Pool(count, pool, work).Run();
}

}  // namespace sqlmig
