// os.h for systems without Linux's calls (macOS, the BSDs): the nearest that POSIX has. Compiled on Linux
// too, by `npm run build:native -- -Dposix_fallback=1`, so that it cannot rot. What is weaker here: there
// is no pidfd (a pid is told from a later one by its start time only), ids are changed with the C library's
// calls (fork only, never shared memory), a killed leader leaves the daemon alone, pidfiles have no
// identity attribute, and a --foreground that fails after the user has changed leaves a stale one.
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace {

int unsupported() {
  errno = ENOSYS;
  return -1;
}

sigset_t *set_of(OsSignalMask *mask) {
  static_assert(sizeof(sigset_t) <= sizeof(OsSignalMask), "a mask holds any sigset_t");
  return reinterpret_cast<sigset_t *>(mask);
}

bool contains(const int *list, size_t count, int value) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == value) return true;
  return false;
}

bool has_group(const gid_t *list, size_t count, gid_t value) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == value) return true;
  return false;
}

}  // namespace

#ifdef MSG_NOSIGNAL
const int os_send_flags = MSG_NOSIGNAL;
#else
// Both children have SIGPIPE blocked as long as they send.
const int os_send_flags = 0;
#endif

int os_channel(int ends[2]) {
  // SEQPACKET is not everywhere. All messages have one size, so a stream keeps them apart as well.
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
}

int os_pipe(int ends[2]) {
  if (pipe(ends) == -1) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
}

int os_stream_pair(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
}

bool os_exit_status(int, int *) { return false; }

pid_t os_clone(int (*entry)(void *), void *argument, char *, int) {
  pid_t pid = fork();
  if (pid == 0) os_exit(entry(argument));
  return pid;
}

pid_t os_clone_into(int, int (*)(void *), void *, char *, int) {
  errno = ENOSYS;
  return -1;
}

bool os_can_share_memory() { return false; }

pid_t os_wait(pid_t child, int *status) {
  for (;;) {
    pid_t pid = waitpid(child, status, 0);
    if (pid != -1 || errno != EINTR) return pid;
  }
}

bool os_has_ended(pid_t child) {
  siginfo_t found = {};
  return waitid(P_PID, static_cast<id_t>(child), &found, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         found.si_pid == child;
}

bool os_is_stopped(pid_t child) {
  siginfo_t found = {};
  return waitid(P_PID, static_cast<id_t>(child), &found, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
         found.si_pid == child;
}

// One that was killed just before is not told from one that was killed just after.
bool os_child_has_executed(pid_t) { return true; }

// Then it is waited for until it has been reaped.
bool os_is_zombie(pid_t) { return false; }

bool os_shows_arguments(pid_t) { return true; }

void os_exit(int status) { _exit(status); }

void os_block_signals(OsSignalMask *before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, set_of(before));
}

void os_set_signals(const OsSignalMask *mask) {
  pthread_sigmask(SIG_SETMASK, reinterpret_cast<const sigset_t *>(mask), nullptr);
}

void os_unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void os_drop_pending_signals() {
  // Signal by signal: of a whole set the kernel fills in its part, and the rest is not to be compared.
  for (int number = 1; number < NSIG; number++) {
    sigset_t pending, one;
    sigemptyset(&one);
    if (sigaddset(&one, number) == -1) continue;
    int dropped;
    while (sigpending(&pending) == 0 && sigismember(&pending, number) == 1 && sigwait(&one, &dropped) == 0) {
    }
  }
}

void os_reset_dispositions() {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, nullptr);
}

void os_default_sigchld() {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &standard, nullptr);
}

void os_die_with_parent(int) {}
int os_pidfd_open(pid_t) { return unsupported(); }
int os_pidfd_signal(int, int) { return unsupported(); }

int os_close_others(const int *keep, size_t count, int mark_only) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return -1;
  // Beyond this a loop takes longer than the start; the systems meant here give out low numbers first.
  rlim_t end = limit.rlim_cur < 65536 ? limit.rlim_cur : 65536;
  for (int descriptor = 3; static_cast<rlim_t>(descriptor) < end; descriptor++) {
    if (contains(keep, count, descriptor)) continue;
    if (mark_only)
      fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    else
      close(descriptor);
  }
  return 0;
}

int os_set_io_priority(int) { return unsupported(); }
int os_set_scheduler(int, int) { return unsupported(); }
int os_set_oom_score_adj(int) { return unsupported(); }
int os_set_no_new_privs() { return unsupported(); }

int os_set_limit(int resource, int keep_hard, uint64_t soft, uint64_t hard) {
  auto in_kernel = [](uint64_t value) {
    return value == UINT64_MAX ? RLIM_INFINITY : static_cast<rlim_t>(value);
  };
  struct rlimit next = {in_kernel(soft), in_kernel(hard)};
#ifdef __GLIBC__
  auto which = static_cast<__rlimit_resource>(resource);
#else
  int which = resource;
#endif
  if (keep_hard) {
    struct rlimit now;
    if (getrlimit(which, &now) == -1) return -1;
    next.rlim_max = next.rlim_cur > now.rlim_max ? next.rlim_cur : now.rlim_max;
  }
  return setrlimit(which, &next);
}

int os_set_groups(size_t count, const gid_t *groups) {
#ifdef __APPLE__
  return setgroups(static_cast<int>(count), groups);
#else
  return setgroups(count, groups);
#endif
}

// As root these set the real, effective and saved id.
int os_set_gid(gid_t gid) { return setgid(gid); }
int os_set_uid(uid_t uid) { return setuid(uid); }

OsIds os_effective_ids() { return {geteuid(), getegid()}; }
bool os_ids_are(uid_t uid, gid_t gid) {
  return getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid;
}

bool os_groups_are(size_t count, const gid_t *groups) {
  gid_t now[1024];
  int found = getgroups(1024, now);
  if (found < 0) return false;
  for (int i = 0; i < found; i++)
    if (now[i] != getegid() && !has_group(groups, count, now[i])) return false;
  return true;
}

bool os_can_return_to(OsIds former) {
  if (geteuid() == 0) return false;
  if (former.uid != geteuid() && (setuid(former.uid) == 0 || seteuid(former.uid) == 0)) return true;
  return former.gid != getegid() && (setgid(former.gid) == 0 || setegid(former.gid) == 0);
}

int os_file_ids(uid_t uid, gid_t gid) {
  // Back to root first: only root may change the group.
  if (geteuid() != 0 && seteuid(0) == -1) return -1;
  if (setegid(gid) == -1) return -1;
  return uid == 0 ? 0 : seteuid(uid);
}

uint64_t os_start_time(pid_t pid) {
#ifdef __APPLE__
  struct kinfo_proc found;
  size_t size = sizeof found;
  int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
  if (sysctl(name, 4, &found, &size, nullptr, 0) == -1 || size == 0) return 0;
  const timeval &start = found.kp_proc.p_starttime;
  return static_cast<uint64_t>(start.tv_sec) * 1000000 + static_cast<uint64_t>(start.tv_usec);
#else
  (void)pid;
  return 0;
#endif
}

int os_peek(int directory, const char *name) {
  return openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}
int os_open_unnamed(int) { return unsupported(); }
int os_reopen_read_only(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }
int os_link_unnamed(int, int, const char *) { return unsupported(); }

int os_rename_new(int directory, const char *from, const char *to) {
  if (linkat(directory, from, directory, to, 0) == -1) return -1;
  return unlinkat(directory, from, 0);
}

void os_set_identity(int, const char *, size_t) {}
ssize_t os_get_identity(int, char *, size_t) { return unsupported(); }

int os_try_lock(int descriptor, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
#ifdef F_OFD_SETLK
  return fcntl(descriptor, F_OFD_SETLK, &lock);
#else
  return fcntl(descriptor, F_SETLK, &lock);
#endif
}

double os_seconds_since_boot() {
#ifdef __APPLE__
  // Start times are wall clock time there.
  constexpr clockid_t clock = CLOCK_REALTIME;
#else
  constexpr clockid_t clock = CLOCK_BOOTTIME;
#endif
  struct timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

#ifdef __APPLE__
bool os_on_main_thread() { return pthread_main_np() != 0; }
#else
bool os_on_main_thread() { return true; }
#endif

bool os_has_access_list(int) { return false; }

double os_modified(const struct stat *file) {
#ifdef __APPLE__
  const timespec &modified = file->st_mtimespec;
#else
  const timespec &modified = file->st_mtim;
#endif
  return static_cast<double>(modified.tv_sec) + static_cast<double>(modified.tv_nsec) / 1e9;
}

bool os_group_list(const char *user, gid_t gid, gid_t *groups, int *count) {
#ifdef __APPLE__
  return getgrouplist(user, static_cast<int>(gid), reinterpret_cast<int *>(groups), count) != -1;
#else
  return getgrouplist(user, gid, groups, count) != -1;
#endif
}
