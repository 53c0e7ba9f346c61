// Between fork and exec: the pidfile appears complete and locked, or not at all. Rules: see spawn_child.cc.
//
// The descriptor that stays with the daemon is read-only, so that an unprivileged daemon cannot rewrite
// root's file, and it is the only one of that inode: closing any other would drop the lock (fcntl(2)).
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn_child.h"

namespace {

bool write_all(int file, const char *text, size_t length) {
  ssize_t written = write(file, text, length);
  if (written >= 0 && (size_t)written < length) errno = ENOSPC;
  return written == (ssize_t)length;
}

}  // namespace

bool fill_pidfile(int file, pid_t pid, const char *boot_id, uint64_t start_time) {
  char text[24];
  size_t length = os_format_decimal((uint64_t)pid, text);
  text[length++] = '\n';
  if (!write_all(file, text, length) || fchmod(file, 0644) == -1) return false;
  if (boot_id && start_time) {
    char identity[96];
    size_t size = strlen(boot_id);
    if (size > 64) return true;
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length goes with it
    memcpy(identity, boot_id, size);
    identity[size++] = ' ';
    size += os_format_decimal(start_time, identity + size);
    os_set_identity(file, identity, size);
  }
  return true;
}

namespace {

bool lock_shared(int file) {
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(file, F_SETLK, &lock) == 0;
}

void close_quietly(int file) {
  int error = errno;
  if (file != -1) close(file);
  errno = error;
}

int publish_unnamed(const SpawnPlan *plan, int file, pid_t pid, uint64_t start_time) {
  int kept =
      fill_pidfile(file, pid, plan->boot_id, start_time) ? move_high(plan, os_reopen_read_only(file)) : -1;
  close_quietly(file);
  if (kept == -1) return -1;
  if (lock_shared(kept) && os_link_unnamed(kept, plan->pidfile.directory, plan->pidfile.name) == 0)
    return kept;
  close_quietly(kept);
  return -1;
}

int publish_named(const SpawnPlan *plan, pid_t pid, uint64_t start_time) {
  int directory = plan->pidfile.directory;
  const char *name = plan->temporary_name;
  int file = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file == -1) return -1;
  bool filled = fill_pidfile(file, pid, plan->boot_id, start_time);
  int kept = -1;
  if (filled) {
    struct stat written, reopened;
    int again = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (again != -1 && fstat(file, &written) == 0 && fstat(again, &reopened) == 0 &&
        (written.st_dev != reopened.st_dev || written.st_ino != reopened.st_ino)) {
      close(again);
      again = -1;
      errno = EPERM;
    }
    kept = move_high(plan, again);
  }
  close_quietly(file);
  if (kept != -1 && lock_shared(kept) && os_rename_new(directory, name, plan->pidfile.name) == 0) return kept;
  int error = errno;
  close_quietly(kept);
  unlinkat(directory, name, 0);
  errno = error;
  return -1;
}

bool means_unnamed_files_are_missing(int error) {
  // EOPNOTSUPP: this file system. EISDIR, ENOENT: kernels before 3.11. ENOSYS: this system.
  return error == EOPNOTSUPP || error == EISDIR || error == ENOENT || error == EINVAL || error == ENOSYS;
}

}  // namespace

// Not close-on-exec: it is for the daemon's whole life. The original is closed.
int move_high(const SpawnPlan *plan, int file) {
  if (file == -1) return -1;
  int high = -1;
  // EINVAL: the limit of open files lies below. Nearer to it there may still be room.
  for (int least = plan->high_descriptor; high == -1 && least >= 3; least /= 2) {
    high = fcntl(file, F_DUPFD, least);
    if (high == -1 && errno != EINVAL && errno != EMFILE) break;
  }
  int error = errno;
  close(file);
  errno = error;
  return high;
}

bool publish_pidfile(const SpawnPlan *plan, int *kept, SpawnReport *report) {
  if (!plan->pidfile.path) return true;
  pid_t pid = getpid();
  uint64_t start_time = os_start_time(pid);
  int file = os_open_unnamed(plan->pidfile.directory);
  bool unnamed = file != -1 || !means_unnamed_files_are_missing(errno);
  if (file != -1) *kept = publish_unnamed(plan, file, pid, start_time);
  // ENOENT: /proc is not mounted, through which an unnamed file gets its name.
  if (!unnamed || (file != -1 && *kept == -1 && errno == ENOENT))
    *kept = publish_named(plan, pid, start_time);
  return *kept != -1 || fail(report, STAGE_PIDFILE);
}

void discard_pidfile(const SpawnPlan *plan, pid_t pid) {
  if (!plan->pidfile.path) return;
  int directory = plan->pidfile.directory;
  unlinkat(directory, plan->temporary_name, 0);
  int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int file = openat(directory, plan->pidfile.name, flags);
  if (file == -1) return;
  char expected[24], found[24];
  size_t length = os_format_decimal((uint64_t)pid, expected);
  expected[length++] = '\n';
  struct stat opened, named;
  // Whoever takes a stale file over holds a write lock: ours for reading keeps them away meanwhile, and is
  // not itself kept away by somebody's who only reads.
  if (os_try_lock(file, F_RDLCK) == 0 && pread(file, found, sizeof found, 0) == (ssize_t)length &&
      memcmp(found, expected, length) == 0 && fstat(file, &opened) == 0 &&
      fstatat(directory, plan->pidfile.name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
      opened.st_dev == named.st_dev && opened.st_ino == named.st_ino)
    unlinkat(directory, plan->pidfile.name, 0);
  close(file);
}
