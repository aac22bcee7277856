#include "embedded/program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "embedded/descriptor.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

using std::chrono::milliseconds;

constexpr int kPipeBytes = 1 << 20;  // what the kernel allows everybody; a program that says much then waits less

// What the new process tells before it becomes the program: its id, then, when it cannot, why.
struct Report {
  pid_t pid = 0;
  int error = 0;
};

// All that the child needs, made before the fork: after it, in a program that may have threads, only
// async-signal-safe calls are allowed.
struct ChildPlan {
  const char* path;
  char* const* arguments;
  char* const* environment;
  const Account* account;
  int output;
  int errors;
  int report;
  int kept;
  bool daemon;
};

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts->size() + 1);
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void Tell(int fd, const Report& report) {
  while (write(fd, &report, sizeof(report)) < 0 && errno == EINTR) {
  }
}

// Puts the descriptors where the program shall find them: 0 nothing, 1 and 2 the output, 3 our report (closed by exec),
// 4 the kept one. They are first moved out of the way of one another.
bool ArrangeDescriptors(const ChildPlan& plan) {
  const int input = open("/dev/null", O_RDONLY);
  const int high_input = fcntl(input, F_DUPFD, 10);
  const int high_output = fcntl(plan.output, F_DUPFD, 10);
  const int high_errors = fcntl(plan.errors, F_DUPFD, 10);
  const int high_report = fcntl(plan.report, F_DUPFD, 10);
  const int high_kept = plan.kept < 0 ? -1 : fcntl(plan.kept, F_DUPFD, 10);
  if (high_input < 0 || high_output < 0 || high_errors < 0 || high_report < 0) return false;
  if (dup2(high_input, 0) < 0 || dup2(high_output, 1) < 0 || dup2(high_errors, 2) < 0) return false;
  if (dup3(high_report, 3, O_CLOEXEC) < 0) return false;
  if (high_kept >= 0 && dup2(high_kept, 4) < 0) return false;
  closefrom(high_kept >= 0 ? 5 : 4);
  return true;
}

bool BecomeAccount(const Account* account) {
  if (account == nullptr || !account->switched) return true;
  return setgroups(account->groups.size(), account->groups.data()) == 0 &&
         setresgid(account->gid, account->gid, account->gid) == 0 &&
         setresuid(account->uid, account->uid, account->uid) == 0;
}

void ResetSignals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void BecomeProgram(const ChildPlan& plan) {
  setsid();
  // The second fork gives the daemon to init, which collects it when it ends.
  if (plan.daemon) {
    const pid_t child = fork();
    if (child < 0) Tell(plan.report, Report{0, errno});
    if (child != 0) _exit(0);
  }
  if (!ArrangeDescriptors(plan)) {
    Tell(plan.report, Report{0, errno});
    _exit(127);
  }
  ResetSignals();
  umask(077);
  Tell(3, Report{getpid(), 0});
  // The folder that we were called in may be closed to the account, or go away.
  if (BecomeAccount(plan.account) && chdir("/") == 0) execve(plan.path, plan.arguments, plan.environment);
  Tell(3, Report{getpid(), errno});
  _exit(127);
}

Error CannotRun(const Program& program, int error) {
  Error problem(ErrorCode::kConnection, fmt::format("cannot run '{}': {}", Printable(program.path.string()),
                                                    std::generic_category().message(error)));
  if (error == EACCES && program.account != nullptr && program.account->switched) {
    problem.SetHint(
        fmt::format("let the user '{}' reach and run the server programs", Printable(program.account->name)));
  }
  return problem;
}

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

Pipe MakePipe(const Program& program) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw CannotRun(program, errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Forks with all signals blocked, so that no handler of ours runs in the child.
pid_t Fork(const ChildPlan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(plan);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

// Reads the reports until exec closes the pipe.
Report Await(int fd) {
  Report all;
  Report next;
  while (true) {
    const ssize_t got = read(fd, &next, sizeof(next));
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof(next))) return all;
    if (next.pid != 0) all.pid = next.pid;
    if (next.error != 0) all.error = next.error;
  }
}

// The exit status once the child has ended.
std::optional<int> Ended(pid_t pid, bool block) {
  int status = 0;
  pid_t got = 0;
  do {
    got = waitpid(pid, &status, block ? 0 : WNOHANG);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return std::nullopt;
  if (got < 0) return 127;  // a parent that ignores SIGCHLD: the status is lost
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

pid_t Launch(const Program& program, int output_fd, int errors_fd, bool daemon) {
  std::vector<std::string> arguments{program.path.string()};
  arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> environment = program.environment;
  const std::vector<char*> argument_pointers = Pointers(&arguments);
  const std::vector<char*> environment_pointers = Pointers(&environment);
  Pipe report = MakePipe(program);
  const ChildPlan plan{program.path.c_str(),
                       argument_pointers.data(),
                       environment_pointers.data(),
                       program.account,
                       output_fd,
                       errors_fd,
                       report.writing.get(),
                       program.kept_fd,
                       daemon};
  const pid_t child = Fork(plan);
  if (child < 0) throw CannotRun(program, errno);
  report.writing.Close();
  const Report result = Await(report.reading.get());
  if (daemon || result.error != 0) Ended(child, true);
  if (result.error != 0 || result.pid == 0) throw CannotRun(program, result.error != 0 ? result.error : ECHILD);
  return result.pid;
}

// Reads what has come; what is beyond `limit` is dropped, for the program must not be kept waiting. Whether it was.
bool ReadAvailable(int fd, std::size_t limit, std::string* output) {
  std::array<char, 65536> buffer{};
  bool cut = false;
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return cut;
    const std::size_t room = limit - std::min(limit, output->size());
    output->append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    cut = cut || static_cast<std::size_t>(got) > room;
  }
}

// Politely first: initdb then removes what it has made. The leader is collected last, so that its number stays its own
// until the rest of its group is gone.
void EndGroup(pid_t leader) {
  kill(-leader, SIGTERM);
  for (int i = 0; i < 250; ++i) {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(leader), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0) break;
    poll(nullptr, 0, 20);
  }
  kill(-leader, SIGKILL);
  Ended(leader, true);
}

}  // namespace

ProgramResult RunProgram(const Program& program, const Deadline& deadline) {
  deadline.Check();
  Pipe output = MakePipe(program);
  Pipe errors = program.errors_apart ? MakePipe(program) : Pipe{Descriptor(), Descriptor()};
  const int errors_fd = program.errors_apart ? errors.writing.get() : output.writing.get();
  const pid_t child = Launch(program, output.writing.get(), errors_fd, false);
  output.writing.Close();
  errors.writing.Close();
  if (program.errors_apart) fcntl(output.reading.get(), F_SETPIPE_SZ, kPipeBytes);
  for (const Pipe* pipe : {&output, &errors}) {
    if (pipe->reading.valid()) fcntl(pipe->reading.get(), F_SETFL, O_NONBLOCK);
  }
  ProgramResult result;
  const auto read_both = [&] {
    if (ReadAvailable(output.reading.get(), program.max_output, &result.output)) result.cut = true;
    if (errors.reading.valid() && ReadAvailable(errors.reading.get(), program.max_output, &result.errors))
      result.cut = true;
  };
  try {
    milliseconds pause(1);
    while (true) {
      read_both();
      if (const std::optional<int> status = Ended(child, false)) {
        read_both();
        result.exit_status = *status;
        return result;
      }
      if (deadline.expired()) break;
      deadline.Pause(pause);
      pause = std::min(pause * 2, milliseconds(20));
    }
  } catch (...) {
    EndGroup(child);
    throw;
  }
  EndGroup(child);
  throw Error(ErrorCode::kConnection,
              fmt::format("'{}' did not end within {} ms", Printable(program.path.string()), deadline.limit().count()));
}

int StartDaemon(const Program& program, int output_fd) {
  return Launch(program, output_fd, output_fd, true);
}

}  // namespace sqlmig
