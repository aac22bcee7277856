// Faults of the machine itself, put before the C library with LD_PRELOAD. Which ones, the environment says:
//   FAULT_CLOCK=1          the wall clock jumps an hour forwards or backwards at every look
//   FAULT_MALLOC=N         the N-th allocation fails (from the moment main's file was mapped); FAULT_MALLOC_ALL=1: all behind it too
//   FAULT_READ=EIO|EINTR   reading a file whose name ends in FAULT_FILE fails; EINTR: every second time
// FAULT_COUNT=path writes there how many allocations there were.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static long fail_at = -1;
static int fail_all;
static int jumps;
static int read_error;
static const char *read_file = "";
static const char *count_file;
static long allocations;
static long looks;
static long reads;

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("FAULT_MALLOC");
  jumps = getenv("FAULT_CLOCK") != NULL;
  fail_all = getenv("FAULT_MALLOC_ALL") != NULL;
  count_file = getenv("FAULT_COUNT");
  if (getenv("FAULT_FILE") != NULL) read_file = getenv("FAULT_FILE");
  if (getenv("FAULT_READ") != NULL) read_error = strcmp(getenv("FAULT_READ"), "EIO") == 0 ? EIO : EINTR;
  __atomic_store_n(&allocations, 0, __ATOMIC_SEQ_CST);
  fail_at = text != NULL ? atol(text) : -1;
}

__attribute__((destructor)) static void end(void) {
  if (count_file == NULL) return;
  char text[32];
  const int size = snprintf(text, sizeof text, "%ld", allocations);
  const int file = open(count_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0 && write(file, text, (size_t)size) == size) close(file);
}

static int fails(void) {
  const long number = __atomic_add_fetch(&allocations, 1, __ATOMIC_SEQ_CST);
  if (fail_at < 0 || (fail_all ? number < fail_at : number != fail_at)) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }

// One hour ahead, the true time, one hour behind, and so on.
static long shift(void) {
  static const long hours[] = {1, 0, -1};
  return jumps ? 3600 * hours[__atomic_add_fetch(&looks, 1, __ATOMIC_SEQ_CST) % 3] : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += shift();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  const int result = (int)syscall(SYS_gettimeofday, now, zone);
  if (result == 0) now->tv_sec += shift();
  return result;
}

time_t time(time_t *where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where != NULL) *where = now.tv_sec;
  return now.tv_sec;
}

static int is_the_file(int file) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  const size_t length = strlen(read_file);
  return size > 0 && length > 0 && (size_t)size >= length && memcmp(path + size - length, read_file, length) == 0;
}

static int read_fails(int file) {
  if (read_error == 0 || !is_the_file(file)) return 0;
  if (read_error == EINTR && __atomic_add_fetch(&reads, 1, __ATOMIC_SEQ_CST) % 2 == 0) return 0;
  errno = read_error;
  return 1;
}

ssize_t read(int file, void *buffer, size_t size) {
  return read_fails(file) ? -1 : syscall(SYS_read, file, buffer, size);
}

ssize_t pread(int file, void *buffer, size_t size, off_t offset) {
  return read_fails(file) ? -1 : syscall(SYS_pread64, file, buffer, size, offset);
}

// A checked build (_FORTIFY_SOURCE) calls this one.
ssize_t __read_chk(int file, void *buffer, size_t size, size_t room) {
  if (size > room) abort();
  return read(file, buffer, size);
}
