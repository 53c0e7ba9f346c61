// Between fork and exec: opens the lock file and what becomes 0, 1 and 2. Rules: see spawn_child.cc.
//
// Root must not be led astray by a user who owns the directory: spawn.cc says in the plan how far each
// path can be trusted, this file acts on it.
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn_child.h"

namespace {

constexpr SpawnStage kStdioStage[3] = {STAGE_STDIN, STAGE_STDOUT, STAGE_STDERR};

// Nothing may land on 0, 1 or 2 before its time: the caller may have closed them.
int above_stdio(int descriptor) {
  if (descriptor == -1 || descriptor > 2) return descriptor;
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  int error = errno;
  close(descriptor);
  errno = error;
  return moved;
}

struct Opening {
  int access;  // of open(2)
  bool may_create;
  mode_t mode;
  SpawnStage stage;
};

int open_or_create(const FileTarget *target, Opening how, bool *created) {
  int flags = how.access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | (target->no_follow ? O_NOFOLLOW : 0);
  *created = false;
  if (!how.may_create) return openat(target->directory, target->name, flags);
  for (int tries = 0; tries < 100; tries++) {
    int file = openat(target->directory, target->name, flags);
    if (file != -1 || errno != ENOENT) return file;
    file = openat(target->directory, target->name, flags | O_CREAT | O_EXCL, how.mode);
    if (file != -1) {
      *created = true;
      return file;
    }
    // A dangling link says EEXIST to O_EXCL and ENOENT without it: let O_CREAT alone decide.
    if (errno == EEXIST && !target->no_follow)
      return openat(target->directory, target->name, flags | O_CREAT, how.mode);
    if (errno != EEXIST) return -1;
  }
  return -1;
}

bool is_pidfile(const SpawnPlan *plan, const struct stat *found) {
  struct stat pidfile;
  if (!plan->pidfile.path) return false;
  if (fstatat(plan->pidfile.directory, plan->pidfile.name, &pidfile, AT_SYMLINK_NOFOLLOW) == -1) return false;
  return pidfile.st_dev == found->st_dev && pidfile.st_ino == found->st_ino;
}

SpawnRefusal judge(const SpawnPlan *plan, const FileTarget *target, SpawnStage stage, int file,
                   struct stat *found) {
  if (fstat(file, found) == -1) return REFUSAL_WRONG_TYPE;
  // By another name: makePlan has seen to equal ones. (Its lock is lost by closing this, but so is the
  // start.)
  if (is_pidfile(plan, found)) return REFUSAL_PIDFILE;
  if (S_ISDIR(found->st_mode) || S_ISSOCK(found->st_mode)) return REFUSAL_WRONG_TYPE;
  if (stage == STAGE_LOCK && !S_ISREG(found->st_mode)) return REFUSAL_WRONG_TYPE;
  // A terminal or device is where root's directory has it; a file or FIFO may be anybody's who came first.
  bool is_file = S_ISREG(found->st_mode);
  if (!target->check_owner || !(is_file || S_ISFIFO(found->st_mode))) return REFUSAL_NONE;
  if (is_file && found->st_nlink > 1) return REFUSAL_HARD_LINK;
  uid_t daemon_user = plan->set_ids ? plan->uid : os_effective_ids().uid;
  bool foreign = found->st_uid != 0 && found->st_uid != daemon_user;
  // Opened with the daemon's own ids, the file may be anybody's who lets that user write to it.
  if (foreign && !target->as_daemon_user) return REFUSAL_FOREIGN_OWNER;
  return REFUSAL_NONE;
}

int open_as_daemon_user(const SpawnPlan *plan, const FileTarget *target, Opening how, bool *created) {
  OsIds own = os_effective_ids();
  if (os_set_groups(plan->group_count, plan->groups) == -1 || os_file_ids(plan->uid, plan->gid) == -1)
    return -1;
  int file = open_or_create(target, how, created);
  int error = errno;
  if (os_file_ids(own.uid, own.gid) == -1) {
    if (file != -1) close(file);
    return -1;
  }
  errno = error;
  return file;
}

int open_target(const SpawnPlan *plan, const FileTarget *target, Opening how, SpawnReport *report) {
  SpawnStage stage = how.stage;
  bool created = false;
  int file = target->as_daemon_user ? open_as_daemon_user(plan, target, how, &created)
                                    : open_or_create(target, how, &created);
  file = above_stdio(file);
  if (file == -1) {
    fail(report, stage);
    return -1;
  }
  struct stat found;
  SpawnRefusal refusal = judge(plan, target, stage, file, &found);
  if (refusal != REFUSAL_NONE) {
    close(file);
    errno = refusal == REFUSAL_HARD_LINK ? EMLINK : refusal == REFUSAL_WRONG_TYPE ? EINVAL : EPERM;
    fail(report, stage, refusal);
    return -1;
  }
  bool give_away = created && plan->set_ids && !target->as_daemon_user && stage != STAGE_LOCK;
  if (give_away && fchown(file, plan->uid, plan->gid) == -1) {
    close(file);
    fail(report, stage);
    return -1;
  }
  return file;
}

bool open_file(const SpawnPlan *plan, int number, int opened[3], SpawnReport *report) {
  const StdioPlan *stdio = &plan->stdio[number];
  SpawnStage stage = kStdioStage[number];
  bool output = number != 0;
  Opening how = {output ? O_WRONLY | O_APPEND : O_RDONLY, output, 0644, stage};
  int file = open_target(plan, &stdio->file, how, report);
  if (file == -1) return false;
  opened[number] = file;
  struct stat found;
  if (stdio->truncate && fstat(file, &found) == 0 && S_ISREG(found.st_mode) && ftruncate(file, 0) == -1)
    return fail(report, stage);
  // O_NONBLOCK was for the opening alone: a FIFO without a reader must fail, not hang.
  int flags = fcntl(file, F_GETFL);
  if (flags == -1 || fcntl(file, F_SETFL, flags & ~O_NONBLOCK) == -1) return fail(report, stage);
  return true;
}

}  // namespace

bool take_lock_file(const SpawnPlan *plan, int *kept, SpawnReport *report) {
  if (!plan->lock.path) return true;
  // Read-only: the daemon keeps the descriptor, and may be less privileged than the file's owner. Not
  // readable by others: whoever can open it can lock it.
  int file = open_target(plan, &plan->lock, {O_RDONLY, true, 0600, STAGE_LOCK}, report);
  if (file == -1) return false;
  if (flock(file, LOCK_EX | LOCK_NB) == -1) {
    fail(report, STAGE_LOCK, errno == EWOULDBLOCK ? REFUSAL_LOCKED : REFUSAL_NONE);
    close(file);
    return false;
  }
  // The duplicate shares the lock and survives exec; the daemon holds it by never closing it.
  *kept = move_high(plan, file);
  return *kept != -1 || fail(report, STAGE_LOCK);
}

bool open_stdio(const SpawnPlan *plan, int opened[3], SpawnReport *report) {
  int null_device = -1;
  for (int number = 0; number < 3; number++) {
    const StdioPlan *stdio = &plan->stdio[number];
    switch (stdio->kind) {
      case STDIO_NULL:
        if (null_device == -1) null_device = above_stdio(open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (null_device == -1) return fail(report, kStdioStage[number]);
        opened[number] = null_device;
        break;
      case STDIO_INHERIT:
        // A duplicate, because dup2 of one number must not lose the caller's descriptor for the next.
        opened[number] = fcntl(stdio->same_as, F_DUPFD_CLOEXEC, 3);
        if (opened[number] == -1) return fail(report, kStdioStage[number]);
        break;
      case STDIO_SAME:
        opened[number] = opened[stdio->same_as];
        break;
      case STDIO_FILE:
        if (!open_file(plan, number, opened, report)) return false;
        break;
    }
  }
  return true;
}
