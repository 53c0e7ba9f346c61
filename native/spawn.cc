// The parent's side of a start: make the channels, fork, read what the session leader says, reap it.
// Knows nothing of Node: a plain C program can link it (spawn_plan.h).
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "spawn_channel.h"
#include "spawn_child.h"
#include "spawn_stacks.h"

namespace {

std::vector<int> descriptors_to_keep(const SpawnPlan *plan, int to_leader, int to_parent) {
  std::vector<int> keep(plan->keep, plan->keep + plan->keep_count);
  keep.push_back(to_leader);
  if (plan->tell_outputs) keep.push_back(to_parent);
  for (int given : {plan->cgroup, plan->record})
    if (given != 0) keep.push_back(given);
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

// No signal may reach a child before it has set itself up, or a handler of ours run in it. -1: errno.
pid_t clone_unsignalled(int (*child)(void *), SpawnContext *context, char *stack) {
  OsSignalMask before;
  os_block_signals(&before);
  pid_t pid = os_clone(child, context, stack, context->plan->share_memory);
  int error = errno;
  os_set_signals(&before);
  errno = error;
  return pid;
}

}  // namespace

SpawnReport spawn_daemon(const SpawnPlan *plan, int *pidfd) {
  SpawnReport report = {};
  *pidfd = -1;
  std::lock_guard<std::mutex> turn(one_at_a_time);
  SpawnChannel to_parent, to_leader;
  SpawnStacks stacks;
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
                          keep.size()};

  pid_t leader = clone_unsignalled(lead_session, &context, stacks.leader());
  if (leader == -1) {
    fail(&report, STAGE_FORK);
    return report;
  }
  to_parent.writer.reset();
  to_leader.reader.reset();
  to_leader.writer.reset();

  UniqueFd daemon_pidfd;
  pid_t daemon = 0;
  bool heard = false;
  SpawnMessage message, outputs = {};
  while (!heard && receive_message(to_parent.reader.get(), &message, &daemon_pidfd)) {
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
  SpawnChannel channel;
  SpawnStacks stacks;
  if (!channel.open(plan->low_descriptors) || !stacks.ok()) {
    fail(&report, STAGE_CHANNEL);
    return report;
  }
  std::vector<int> keep = descriptors_to_keep(plan, channel.writer.get(), -1);
  SpawnContext context = {plan, -1, -1, channel.writer.get(), nullptr, keep.data(), keep.size()};
  pid_t child = clone_unsignalled(be_child, &context, stacks.daemon());
  if (child == -1) {
    fail(&report, STAGE_FORK);
    return report;
  }
  channel.writer.reset();
  await_message(channel.reader.get(), child);
  UniqueFd none;
  SpawnMessage message;
  if (receive_message(channel.reader.get(), &message, &none)) {
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
