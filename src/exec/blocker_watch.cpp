#include "exec/blocker_watch.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {

struct BlockerWatch::Impl {
  mutable std::mutex mutex;  // guards seen and stop
  std::condition_variable changed;
  std::string seen;
  bool stop = false;
  std::thread thread;

  bool Rest() {
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, std::chrono::milliseconds(100), [this] { return stop; });
  }
};

namespace {

std::string BlockersOf(int backend_pid) {
  return fmt::format(
      "SELECT a.pid, a.application_name, a.usename, pg_catalog.round(pg_catalog.date_part('epoch', "
      "pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)::pg_catalog.numeric, 1), a.state "
      "FROM pg_catalog.pg_stat_activity a WHERE a.pid OPERATOR(pg_catalog.=) ANY (pg_catalog.pg_blocking_pids({})) "
      "ORDER BY a.xact_start LIMIT 3",
      backend_pid);
}

std::string Describe(const Rows& rows) {
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text +=
        fmt::format("{}pid {} (application '{}', user '{}', {}, in a transaction for {} s)", r == 0 ? "" : "; ",
                    rows.At(r, 0), Printable(rows.At(r, 1)), Printable(rows.At(r, 2)), rows.At(r, 4), rows.At(r, 3));
  }
  return text;
}

}  // namespace

BlockerWatch::BlockerWatch(const Conninfo& conninfo, SessionSettings settings, int backend_pid)
    : impl_(std::make_unique<Impl>()) {
  settings.application_name += " watch";
  settings.writes = false;
  impl_->thread = std::thread([impl = impl_.get(), conninfo, settings, backend_pid] {
    try {
      Connection connection = Connection::Open(conninfo, settings, nullptr);
      do {
        const std::string text = Describe(connection.Query(BlockersOf(backend_pid)).at(0));
        if (!text.empty()) {
          const std::lock_guard lock(impl->mutex);
          impl->seen = text;
        }
      } while (impl->Rest());
    } catch (const std::exception&) {
      // Watching is a courtesy; the run does not depend on it.
    }
  });
}

BlockerWatch::~BlockerWatch() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

std::string BlockerWatch::Seen() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

}  // namespace sqlmig
