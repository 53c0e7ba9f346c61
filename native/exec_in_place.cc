// --foreground: the daemon's steps in the calling process, ending in execve or in a report.
//
// Only the calling thread changes its ids (raw system calls), the other threads keep theirs: one of them,
// made beforehand, is still allowed to remove the pidfile when a late step fails.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "spawn_child.h"
#include "unique_fd.h"

namespace {

class Remover {
 public:
  explicit Remover(const SpawnPlan *plan) : plan_(plan) {}

  bool start() {
    int ends[2];
    if (pipe(ends) == -1) return false;
    wait_ = UniqueFd(ends[0]);
    wake_ = UniqueFd(ends[1]);
    if (!wait_.move_above_stdio() || !wake_.move_above_stdio()) return false;
    fcntl(wait_.get(), F_SETFD, FD_CLOEXEC);
    fcntl(wake_.get(), F_SETFD, FD_CLOEXEC);
    errno = pthread_create(&thread_, nullptr, &Remover::run, this);
    return errno == 0;
  }

  // End the thread, which first removes the pidfile if asked to.
  void finish(bool remove) {
    char byte = 1;
    if (!remove || write(wake_.get(), &byte, 1) != 1) wake_.reset();
    pthread_join(thread_, nullptr);
  }

 private:
  static void *run(void *argument) {
    Remover *self = static_cast<Remover *>(argument);
    char byte;
    ssize_t size;
    do size = read(self->wait_.get(), &byte, 1);
    while (size == -1 && errno == EINTR);
    if (size != 1) return nullptr;
    const FileTarget &pidfile = self->plan_->pidfile;
    // Closing any descriptor of the file drops this process's own lock, which discard_pidfile would meet.
    UniqueFd dropped(openat(pidfile.directory, pidfile.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    dropped.reset();
    discard_pidfile(self->plan_, getpid());
    return nullptr;
  }

  const SpawnPlan *plan_;
  UniqueFd wait_, wake_;
  pthread_t thread_ = {};
};

}  // namespace

SpawnReport exec_in_place(const SpawnPlan *plan) {
  SpawnReport report = {};
  report.pid = getpid();
  int original[3];
  for (int number = 0; number < 3; number++) original[number] = fcntl(number, F_DUPFD_CLOEXEC, 3);

  OsSignalMask before;
  os_block_signals(&before);
  Remover remover(plan);
  bool with_pidfile = plan->pidfile.path != nullptr;
  if (with_pidfile && !remover.start()) {
    fail(&report, STAGE_FORK);
    os_set_signals(&before);
    return report;
  }
  os_reset_dispositions();
  std::vector<int> keep(plan->keep, plan->keep + plan->keep_count);
  std::sort(keep.begin(), keep.end());
  become_command(plan, keep.data(), keep.size(), &report);

  for (int number = 0; number < 3; number++)
    if (original[number] != -1) dup2(original[number], number);
  // Up to publish_pidfile nothing of ours is there, and opening another's pidfile is none of our business.
  if (with_pidfile) remover.finish(report.stage > STAGE_PIDFILE);
  os_set_signals(&before);
  return report;
}
