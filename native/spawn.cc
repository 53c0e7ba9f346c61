// The parent's side of a start: make the channels, fork, read what the session leader says, reap it.
// Knows nothing of Node: a plain C program can link it (spawn_plan.h).
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "spawn_child.h"
#include "unique_fd.h"

namespace {

struct Channel {
  UniqueFd reader, writer;

  // Above 0, 1, 2 and whatever else belongs to the command.
  bool open(int most) {
    int ends[2];
    if (os_channel(ends) == -1) return false;
    reader = UniqueFd(ends[0]);
    writer = UniqueFd(ends[1]);
    return reader.move_above(most) && writer.move_above(most);
  }
};

// One for each child, with a page below that nobody may touch: running over would otherwise be silent.
class Stacks {
 public:
  Stacks() : memory_(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (!ok()) return;
    mprotect(base(), kGuard, PROT_NONE);
    mprotect(base() + kGuard + OS_STACK_SIZE, kGuard, PROT_NONE);
  }
  Stacks(const Stacks &) = delete;
  ~Stacks() {
    if (ok()) munmap(memory_, kSize);
  }
  bool ok() const { return memory_ != MAP_FAILED; }
  char *leader() { return base() + kGuard; }
  char *daemon() { return base() + kGuard + OS_STACK_SIZE + kGuard; }

 private:
  static constexpr size_t kGuard = size_t{64} * 1024;  // the largest page size that there is
  static constexpr size_t kSize = 2 * (kGuard + OS_STACK_SIZE);
  char *base() { return static_cast<char *>(memory_); }
  void *memory_;
};

std::vector<int> descriptors_to_keep(const SpawnPlan *plan, int to_leader, int to_parent) {
  std::vector<int> keep(plan->keep, plan->keep + plan->keep_count);
  keep.push_back(to_leader);
  if (plan->tell_outputs) keep.push_back(to_parent);
  if (plan->record != 0) keep.push_back(plan->record);
  for (size_t i = 0; i < plan->pass_count; i++) keep.push_back(plan->passes[i].from);
  for (const StdioPlan &stdio : plan->stdio)
    if (stdio.kind == STDIO_INHERIT && stdio.same_as > 2) keep.push_back(stdio.same_as);
  for (const FileTarget *target :
       {&plan->lock, &plan->pidfile, &plan->stdio[0].file, &plan->stdio[1].file, &plan->stdio[2].file})
    if (target->path && target->directory > 2) keep.push_back(target->directory);
  std::sort(keep.begin(), keep.end());
  keep.erase(std::unique(keep.begin(), keep.end()), keep.end());
  return keep;
}

// One start at a time: a child that was forked meanwhile by another thread would hold a copy of our channel
// and we of its, and both would wait for the other's end.
std::mutex one_at_a_time;

// The user that the child has become may stop it, and must not thereby stop us.
void await_message(int channel, pid_t child) {
  constexpr int kLookMs = 1000;
  pollfd silent = {channel, POLLIN, 0};
  for (;;) {
    int ready = poll(&silent, 1, kLookMs);
    if (ready == 0 && os_is_stopped(child)) kill(child, SIGKILL);
    if (ready > 0 || (ready == -1 && errno != EINTR)) return;
  }
}

bool receive(int channel, SpawnMessage *message, UniqueFd *passed) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  iovec part = {message, sizeof *message};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
#ifdef MSG_CMSG_CLOEXEC
  constexpr int flags = MSG_CMSG_CLOEXEC;
#else
  constexpr int flags = 0;
#endif
  ssize_t size;
  do size = recvmsg(channel, &header, flags | MSG_WAITALL);
  while (size == -1 && errno == EINTR);
  if (size != static_cast<ssize_t>(sizeof *message)) return false;
  for (cmsghdr *rights = CMSG_FIRSTHDR(&header); rights; rights = CMSG_NXTHDR(&header, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
    *passed = UniqueFd(descriptor);
  }
  return true;
}

// The session leader was killed and can clean up nothing: do it in its stead. Where there is no pidfd, or a
// sandbox forbids to signal by it, the pid is the daemon's as long as its session is the dead leader's.
void end_orphan(const SpawnPlan *plan, pid_t leader, pid_t daemon, const UniqueFd &pidfd) {
  if (daemon == 0) return;
  bool told = pidfd && (os_pidfd_signal(pidfd.get(), SIGKILL) == 0 || errno == ESRCH);
  if (!told && getsid(daemon) == leader) kill(daemon, SIGKILL);
  if (pidfd) {
    pollfd ended = {pidfd.get(), POLLIN, 0};
    while (poll(&ended, 1, -1) == -1 && errno == EINTR) {
    }
  } else {
    // A zombie still has its session.
    while (getsid(daemon) == leader && !os_is_zombie(daemon)) os_pause_briefly();
  }
  discard_pidfile(plan, daemon);
}

}  // namespace

SpawnReport spawn_daemon(const SpawnPlan *plan, int *pidfd) {
  SpawnReport report = {};
  *pidfd = -1;
  std::lock_guard<std::mutex> turn(one_at_a_time);
  Channel to_parent, to_leader;
  Stacks stacks;
  if (!to_parent.open(plan->low_descriptors) || !to_leader.open(plan->low_descriptors) || !stacks.ok()) {
    fail(&report, STAGE_CHANNEL);
    return report;
  }
  std::vector<int> keep = descriptors_to_keep(plan, to_leader.writer.get(), to_parent.writer.get());
  SpawnContext context = {plan,
                          to_parent.writer.get(),
                          to_leader.reader.get(),
                          to_leader.writer.get(),
                          stacks.daemon(),
                          keep.data(),
                          keep.size(),
                          false};

  OsSignalMask before;
  os_block_signals(&before);
  pid_t leader = os_clone(lead_session, &context, stacks.leader(), plan->share_memory);
  int error = errno;
  os_set_signals(&before);
  to_parent.writer.reset();
  to_leader.reader.reset();
  to_leader.writer.reset();
  if (leader == -1) {
    errno = error;
    fail(&report, STAGE_FORK);
    return report;
  }

  UniqueFd daemon_pidfd;
  pid_t daemon = 0;
  bool heard = false;
  SpawnMessage message, outputs = {};
  while (!heard && receive(to_parent.reader.get(), &message, &daemon_pidfd)) {
    if (message.kind == MESSAGE_BORN) daemon = message.report.pid;
    if (message.kind == MESSAGE_OUTPUTS) outputs = message;
    if (message.kind == MESSAGE_RESULT) {
      report = message.report;
      heard = true;
    }
  }
  int status;
  os_wait(leader, &status);
  if (!heard) {
    errno = 0;
    fail(&report, STAGE_LEADER_KILLED);
    end_orphan(plan, leader, daemon, daemon_pidfd);
  }
  if (report.ok) *pidfd = daemon_pidfd.release();
  memcpy(report.outputs, outputs.report.outputs, sizeof report.outputs);
  return report;
}

SpawnReport spawn_child(const SpawnPlan *plan, int *pidfd) {
  SpawnReport report = {};
  *pidfd = -1;
  std::lock_guard<std::mutex> turn(one_at_a_time);
  Channel channel;
  Stacks stacks;
  if (!channel.open(plan->low_descriptors) || !stacks.ok()) {
    fail(&report, STAGE_CHANNEL);
    return report;
  }
  std::vector<int> keep = descriptors_to_keep(plan, channel.writer.get(), -1);
  SpawnContext context = {plan, -1, -1, channel.writer.get(), nullptr, keep.data(), keep.size(), false};
  OsSignalMask before;
  os_block_signals(&before);
  pid_t child = -1;
  if (plan->cgroup != 0)
    child = os_clone_into(plan->cgroup, be_child, &context, stacks.daemon(), plan->share_memory);
  if (child == -1) {
    context.enters_cgroup = plan->cgroup != 0;
    child = os_clone(be_child, &context, stacks.daemon(), plan->share_memory);
  }
  int error = errno;
  os_set_signals(&before);
  channel.writer.reset();
  if (child == -1) {
    errno = error;
    fail(&report, STAGE_FORK);
    return report;
  }
  await_message(channel.reader.get(), child);
  UniqueFd none;
  SpawnMessage message;
  if (receive(channel.reader.get(), &message, &none)) {
    report = message.report;
  } else if (os_child_has_executed(child)) {
    report.ok = 1;
    report.start_time = os_start_time(child);
    *pidfd = os_pidfd_open(child);
  } else {
    errno = 0;
    fail(&report, STAGE_KILLED);
  }
  report.pid = report.group = child;
  int status;
  if (!report.ok) os_wait(child, &status);
  return report;
}
