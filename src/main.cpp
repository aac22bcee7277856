#include "cli/main.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/exit_status.h"

namespace {

sqlmig::Interrupt interrupt;

// Only notes the signal and wakes whoever waits.
void OnSignal(int signal) {
  int none = 0;
  interrupt.signal.compare_exchange_strong(none, signal);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(interrupt.wake_fd, &one, sizeof(one));
}

void InstallSignals() {
  interrupt.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    const bool ignored = sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
    if (!ignored) sigaction(signal, &action, nullptr);  // nohup, and shells for what runs in the background, mean it
  }
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of a write, not our end
}

// False when woken by a signal.
bool Sleep(std::chrono::milliseconds time) {
  pollfd wake{interrupt.wake_fd, POLLIN, 0};
  return poll(&wake, 1, static_cast<int>(time.count())) <= 0 && !interrupt.requested();
}

// Reads bytes as they come: a stream would go on reading after a signal.
std::optional<std::string> ReadLine() {
  std::string line;
  while (true) {
    pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {interrupt.wake_fd, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) return line;
    if (interrupt.requested()) return std::nullopt;
    if (ready[0].revents == 0) continue;
    char next = '\n';
    if (read(STDIN_FILENO, &next, 1) != 1 || next == '\n') return line;
    line += next;
  }
}

// A URL on the command line may hold a password, and everybody can read command lines.
void HideUrls(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    for (const std::string_view option : {"--url", "--shadow-url"}) {
      char* url = nullptr;
      if (argv[i] == option && i + 1 < argc) url = argv[i + 1];
      if (std::string_view(argv[i]).starts_with(std::string(option) + "=")) url = argv[i] + option.size() + 1;
      if (url != nullptr) std::memset(url, 'x', std::strlen(url));
    }
  }
}

// The number of a closed standard stream would be given to the next file or connection, and our words would go there.
// For reading only: what is written to such a stream still fails.
void FillStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) == -1 && errno == EBADF) [[maybe_unused]]
      const int taken = open("/dev/null", O_RDONLY);
  }
}

// Whoever read the results has read enough, as 'head' does, and gone.
bool ReaderHasGone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int Columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

int main(int argc, char** argv) {
  FillStandardStreams();
  InstallSignals();
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  HideUrls(argc, argv);
  std::ios::sync_with_stdio(false);

  sqlmig::Context context{
      .out = std::cout, .err = std::cerr, .environment = {}, .clock = {}, .waiter = {}, .command = {}};
  context.in_is_terminal = isatty(STDIN_FILENO) == 1;
  context.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  context.err_is_terminal = isatty(STDERR_FILENO) == 1;
  context.columns = Columns();
  context.read_line = ReadLine;
  context.environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  context.clock = [] { return std::chrono::system_clock::now(); };
  context.waiter.now = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  };
  context.waiter.sleep = Sleep;
  context.waiter.random = [] {
    thread_local std::mt19937_64 generator(std::random_device{}());
    return std::uniform_real_distribution<double>(0, 1)(generator);
  };
  context.interrupt = &interrupt;

  const int status = sqlmig::Main(arguments, context);
  std::cout.flush();
  if (std::cout.good() || status != 0 || ReaderHasGone()) return status;
  // A result that could not be written was not given, whatever the command did.
  std::cerr << "error: the result cannot be written to standard output\n"
               "hint: what the command did is done; 'sqlmig status' shows it\n";
  return sqlmig::exit_status::kNoOutput;
}
