// --foreground: the daemon's steps in the calling process, ending in execve or in a report.
//
// Only the calling thread changes its ids (raw system calls), the other threads keep theirs: one of them,
// made beforehand, is still allowed to remove the pidfile when a late step fails.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "spawn_child.h"

namespace {

class Remover {
 public:
  Remover(const SpawnPlan *plan, const KeptDescriptors *kept) : plan_(plan), kept_(kept) {}

  bool start() {
    turn_.lock();
    int error = pthread_create(&thread_, nullptr, &Remover::run, this);
    if (error == 0) return true;
    turn_.unlock();
    errno = error;
    return false;
  }

  // End the thread, which first removes the pidfile if there is one of ours.
  void finish() {
    turn_.unlock();
    pthread_join(thread_, nullptr);
  }

 private:
  static void *run(void *argument) {
    Remover *self = static_cast<Remover *>(argument);
    std::lock_guard<std::mutex> turn(self->turn_);
    self->remove();
    return nullptr;
  }

  // Our lock is still held, so nobody else takes the name from us between the look and the removal.
  void remove() const {
    const FileTarget &pidfile = plan_->pidfile;
    struct stat ours, named;
    if (kept_->pidfile != -1 && fstat(kept_->pidfile, &ours) == 0 &&
        fstatat(pidfile.directory, pidfile.name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
      unlinkat(pidfile.directory, pidfile.name, 0);
  }

  const SpawnPlan *plan_;
  const KeptDescriptors *kept_;
  std::mutex turn_;  // the caller's until a step has failed; execve ends who waits for it
  pthread_t thread_ = {};
};

void close_kept(const KeptDescriptors &kept) {
  // They would be in the way of the next try.
  if (kept.pidfile != -1) close(kept.pidfile);
  if (kept.lock != -1) close(kept.lock);
}

}  // namespace

SpawnReport exec_in_place(const SpawnPlan *plan) {
  SpawnReport report = {};
  report.pid = getpid();
  int original[3];
  for (int number = 0; number < 3; number++) original[number] = fcntl(number, F_DUPFD_CLOEXEC, 3);

  OsSignalMask before;
  os_block_signals(&before);
  KeptDescriptors kept;
  Remover remover(plan, &kept);
  bool with_pidfile = plan->pidfile.path != nullptr;
  if (with_pidfile && !remover.start()) {
    fail(&report, STAGE_FORK);
    os_set_signals(&before);
    return report;
  }
  os_reset_dispositions();
  std::vector<int> keep(plan->keep, plan->keep + plan->keep_count);
  std::sort(keep.begin(), keep.end());
  become_command(plan, keep.data(), keep.size(), -1, &kept, &report);

  // As Node has them: the failure must yet be told, perhaps to a closed pipe or a full file.
  (void)signal(SIGPIPE, SIG_IGN);
  (void)signal(SIGXFSZ, SIG_IGN);
  for (int number = 0; number < 3; number++)
    if (original[number] != -1) {
      dup2(original[number], number);
      close(original[number]);
    }
  if (with_pidfile) remover.finish();
  close_kept(kept);
  os_set_signals(&before);
  return report;
}
