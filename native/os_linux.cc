// os.h for Linux. Raw system calls where the C library's wrapper is more than one: glibc's set*id family
// signals every thread, its sigaction hides two signals, musl's setrlimit stops all threads.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#endif

namespace {
constexpr unsigned kCloseRangeCloexec = 1u << 2;
constexpr unsigned kRenameNoReplace = 1u << 0;
constexpr int kIoprioWhoProcess = 1;
constexpr size_t kSignalSetSize = 8;
}  // namespace

pid_t os_clone(int (*entry)(void *), void *argument, char *stack, int share_memory) {
  int flags = share_memory ? CLONE_VM | CLONE_VFORK : 0;
  return clone(entry, stack + OS_STACK_SIZE, flags, argument);
}

bool os_can_share_memory() { return true; }

const int os_send_flags = MSG_NOSIGNAL;

pid_t os_wait(pid_t child, int *status) {
  for (;;) {
    long pid = syscall(SYS_wait4, child, status, __WALL, nullptr);
    if (pid != -1 || errno != EINTR) return (pid_t)pid;
  }
}

bool os_has_ended(pid_t child) {
  siginfo_t found = {};
  int flags = WEXITED | WNOHANG | WNOWAIT | __WALL;
  return syscall(SYS_waitid, P_PID, child, &found, flags, nullptr) == 0 && found.si_pid == child;
}

bool os_is_stopped(pid_t child) {
  siginfo_t found = {};
  int flags = WSTOPPED | WNOHANG | WNOWAIT | __WALL;
  return syscall(SYS_waitid, P_PID, child, &found, flags, nullptr) == 0 && found.si_pid == child;
}

bool os_child_has_executed(pid_t child) {
  // It was cloned without SIGCHLD, so without __WALL wait(2) does not know it (ECHILD); execve gives it
  // SIGCHLD.
  siginfo_t found = {};
  return syscall(SYS_waitid, P_PID, child, &found, WEXITED | WNOHANG | WNOWAIT, nullptr) == 0;
}

void os_exit(int status) {
  for (;;) syscall(SYS_exit_group, status);
}

void os_block_signals(OsSignalMask *before) {
  OsSignalMask all;
  memset(&all, 0xff, sizeof all);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, before, kSignalSetSize);
}

void os_set_signals(const OsSignalMask *mask) {
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, nullptr, kSignalSetSize);
}

void os_unblock_signals() {
  OsSignalMask none = {};
  os_set_signals(&none);
}

void os_drop_pending_signals() {
  OsSignalMask all;
  memset(&all, 0xff, sizeof all);
  const struct timespec at_once = {};
  while (syscall(SYS_rt_sigtimedwait, &all, nullptr, &at_once, kSignalSetSize) > 0 || errno == EINTR) {
  }
}

// The kernel's own struct sigaction: all zero is SIG_DFL without flags on every architecture.
static void set_default(int number) {
  uint64_t kernel_sigaction[8] = {};
  syscall(SYS_rt_sigaction, number, kernel_sigaction, nullptr, kSignalSetSize);
}

void os_reset_dispositions() {
  for (int number = 1; number <= 64; number++) set_default(number);
}

void os_default_sigchld() { set_default(SIGCHLD); }

void os_die_with_parent(int yes) { prctl(PR_SET_PDEATHSIG, yes ? SIGKILL : 0, 0, 0, 0); }

int os_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int os_pidfd_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

static int close_one(int descriptor, int mark_only) {
  if (mark_only) return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return close(descriptor);
}

static bool contains(const int *list, size_t count, int value) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == value) return true;
  return false;
}

// Kernels before 5.9, and sandboxes that know no close_range.
static int close_listed(const int *keep, size_t count, int mark_only) {
  struct Entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory == -1) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return -1;
    for (rlim_t descriptor = 3; descriptor < limit.rlim_cur; descriptor++)
      if (!contains(keep, count, (int)descriptor)) close_one((int)descriptor, mark_only);
    return 0;
  }
  alignas(8) char buffer[4096];
  for (;;) {
    long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (size <= 0) {
      close(directory);
      return size == 0 ? 0 : -1;
    }
    bool closed = false;
    for (long at = 0; at < size;) {
      // Each begins at a multiple of eight (getdents64(2)), as the buffer does.
      const Entry *entry = static_cast<const Entry *>(static_cast<const void *>(buffer + at));
      at += entry->length;
      if (entry->name[0] < '0' || entry->name[0] > '9') continue;
      int descriptor = 0;
      for (const char *digit = entry->name; *digit; digit++) descriptor = descriptor * 10 + (*digit - '0');
      if (descriptor < 3 || descriptor == directory || contains(keep, count, descriptor)) continue;
      close_one(descriptor, mark_only);
      closed = true;
    }
    // Closing while reading may make the listing skip entries: begin anew until a pass closes nothing.
    if (closed && !mark_only) lseek(directory, 0, SEEK_SET);
  }
}

int os_close_others(const int *keep, size_t count, int mark_only) {
  unsigned flags = mark_only ? kCloseRangeCloexec : 0;
  unsigned from = 3;
  for (size_t i = 0; i <= count; i++) {
    unsigned to = i < count ? (unsigned)keep[i] - 1 : ~0u;
    if (from <= to && syscall(SYS_close_range, from, to, flags) == -1)
      return close_listed(keep, count, mark_only);
    if (i < count) from = (unsigned)keep[i] + 1;
  }
  return 0;
}

int os_set_io_priority(int priority) { return (int)syscall(SYS_ioprio_set, kIoprioWhoProcess, 0, priority); }

int os_set_scheduler(int policy, int priority) {
  struct sched_param parameter = {};
  parameter.sched_priority = priority;
  return (int)syscall(SYS_sched_setscheduler, 0, policy, &parameter);
}

int os_set_oom_score_adj(int score) {
  char text[32];
  size_t length = 0;
  if (score < 0) text[length++] = '-';
  length += os_format_decimal((uint64_t)(score < 0 ? -score : score), text + length);
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file == -1) return -1;
  ssize_t written = write(file, text, length);
  int error = errno;
  close(file);
  errno = error;
  return written == (ssize_t)length ? 0 : -1;
}

int os_set_no_new_privs() { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int os_set_limit(int resource, int keep_hard, uint64_t soft, uint64_t hard) {
  struct {
    uint64_t soft, hard;
  } now, next = {soft, hard};
  if (keep_hard) {
    if (syscall(SYS_prlimit64, 0, resource, nullptr, &now) == -1) return -1;
    next.hard = soft > now.hard ? soft : now.hard;
  }
  return (int)syscall(SYS_prlimit64, 0, resource, &next, nullptr);
}

int os_set_groups(size_t count, const gid_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }
int os_set_gid(gid_t gid) { return (int)syscall(SYS_setresgid, gid, gid, gid); }
int os_set_uid(uid_t uid) { return (int)syscall(SYS_setresuid, uid, uid, uid); }

OsIds os_effective_ids() { return {(uid_t)syscall(SYS_geteuid), (gid_t)syscall(SYS_getegid)}; }

bool os_ids_are(uid_t uid, gid_t gid) {
  uid_t users[3];
  gid_t groups[3];
  if (syscall(SYS_getresuid, &users[0], &users[1], &users[2]) == -1) return false;
  if (syscall(SYS_getresgid, &groups[0], &groups[1], &groups[2]) == -1) return false;
  for (int i = 0; i < 3; i++)
    if (users[i] != uid || groups[i] != gid) return false;
  return true;
}

bool os_groups_are(size_t count, const gid_t *groups) {
  // More than this nobody has (the kernel allows 65536): only their number is compared then.
  gid_t now[1024];
  long found = syscall(SYS_getgroups, 0, nullptr);
  if (found > 1024) return (size_t)found == count;
  found = syscall(SYS_getgroups, 1024, now);
  if (found < 0) return false;
  for (long i = 0; i < found; i++) {
    bool wanted = false;
    for (size_t at = 0; at < count && !wanted; at++) wanted = groups[at] == now[i];
    if (!wanted) return false;
  }
  return true;
}

bool os_can_return_to(OsIds former) {
  OsIds now = os_effective_ids();
  if (now.uid == 0) return false;  // root may become anybody: nothing was given up
  if (former.uid != now.uid && os_set_uid(former.uid) == 0) return true;
  if (former.gid != now.gid && os_set_gid(former.gid) == 0) return true;
  return false;
}

int os_file_ids(uid_t uid, gid_t gid) {
  syscall(SYS_setfsgid, gid);
  syscall(SYS_setfsuid, uid);
  // Both return the former id and never an error: asking with an invalid id shows what is set.
  bool set = (gid_t)syscall(SYS_setfsgid, (gid_t)-1) == gid && (uid_t)syscall(SYS_setfsuid, (uid_t)-1) == uid;
  if (!set) errno = EPERM;
  return set ? 0 : -1;
}

// name begins with a slash.
static int open_of_process(pid_t pid, const char *name, size_t size) {
  char path[48] = "/proc/";
  size_t length = 6 + os_format_decimal((uint64_t)pid, path + 6);
  memcpy(path + length, name, size);
  return open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_of_process(pid_t pid, const char *name, size_t name_size, char *text, size_t size) {
  int file = open_of_process(pid, name, name_size);
  if (file == -1) return -1;
  ssize_t found = read(file, text, size);
  close(file);
  return found;
}

// Where the third field of proc_pid_stat(5) begins, or at the end. The second is the program's name in
// parentheses, and may itself hold any of ") (".
static ssize_t after_name(const char *text, ssize_t size) {
  ssize_t at = size - 1;
  while (at > 0 && text[at] != ')') at--;
  return at + 2 < size ? at + 2 : size;
}

bool os_is_zombie(pid_t pid) {
  char text[1024];
  ssize_t size = read_of_process(pid, "/stat", sizeof "/stat", text, sizeof text);
  if (size <= 0) return true;
  ssize_t state = after_name(text, size);
  return state == size || text[state] == 'Z' || text[state] == 'X';
}

bool os_shows_arguments(pid_t pid) {
  char byte;
  if (read_of_process(pid, "/cmdline", sizeof "/cmdline", &byte, 1) != 0) return true;
  // The first thread has ended, and others may run on for ever: they will not be shown again.
  return os_is_zombie(pid);
}

uint64_t os_start_time(pid_t pid) {
  char text[1024];
  ssize_t size = read_of_process(pid, "/stat", sizeof "/stat", text, sizeof text);
  if (size <= 0) return 0;
  ssize_t at = after_name(text, size);
  for (int field = 3; at < size && field < 22; at++)
    if (text[at] == ' ') field++;
  uint64_t ticks = 0;
  for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
    ticks = ticks * 10 + (uint64_t)(text[at] - '0');
  return ticks;
}

int os_peek(int directory, const char *name) {
  return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int os_open_unnamed(int directory) { return openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

static void descriptor_path(int descriptor, char *path) {
  memcpy(path, "/proc/self/fd/", 14);  // NOLINT(bugprone-not-null-terminated-result): the number ends it
  os_format_decimal((uint64_t)descriptor, path + 14);
}

int os_reopen_read_only(int descriptor) {
  char path[40];
  descriptor_path(descriptor, path);
  return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

int os_link_unnamed(int descriptor, int directory, const char *name) {
  char path[40];
  descriptor_path(descriptor, path);
  return linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
}

int os_rename_new(int directory, const char *from, const char *to) {
  if (syscall(SYS_renameat2, directory, from, directory, to, kRenameNoReplace) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != EPERM) return -1;
  if (linkat(directory, from, directory, to, 0) == -1) return -1;
  return unlinkat(directory, from, 0);
}

void os_set_identity(int descriptor, const char *value, size_t length) {
  // Absent attributes are no failure: a reader then falls back to the file's time.
  if (fsetxattr(descriptor, "user.tdaemon", value, length, 0) == 0) return;
  (void)fsetxattr(descriptor, "trusted.tdaemon", value, length, 0);
}

ssize_t os_get_identity(int descriptor, char *value, size_t size) {
  ssize_t length = fgetxattr(descriptor, "user.tdaemon", value, size);
  return length >= 0 ? length : fgetxattr(descriptor, "trusted.tdaemon", value, size);
}

int os_try_lock(int descriptor, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return fcntl(descriptor, F_OFD_SETLK, &lock);
}
