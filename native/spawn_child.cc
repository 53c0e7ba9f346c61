// All code that runs between fork and exec begins here.
//
// Rules of this room. The process was copied (or its memory borrowed) from one with many threads: any lock
// that another thread held is held for ever. So: no malloc, no stdio, no C++ runtime, no exceptions, no Node,
// no library call that may take a lock; only system calls and plain arithmetic on what the plan holds. Memory
// may be shared with the caller (vfork): write to nothing but the own stack, errno, and the few bytes that
// the plan gives to the child for the time of the start (own_pid).
#include "spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool fail(SpawnReport *report, SpawnStage stage, SpawnRefusal refusal, int index) {
  report->ok = 0;
  report->stage = stage;
  report->error = errno;
  report->refusal = refusal;
  report->index = index;
  return false;
}

namespace {

constexpr int kLookMs = 1000;
constexpr int kMostLooks = 50000;  // some seconds

bool set_scheduling(const SpawnPlan *plan, SpawnReport *report) {
  if (plan->set_nice && setpriority(PRIO_PROCESS, 0, plan->nice) == -1) return fail(report, STAGE_NICE);
  if (plan->set_ionice && os_set_io_priority(plan->ionice) == -1) return fail(report, STAGE_IONICE);
  if (plan->set_sched && os_set_scheduler(plan->sched_policy, plan->sched_priority) == -1)
    return fail(report, STAGE_SCHED);
  if (plan->set_oom_score_adj && os_set_oom_score_adj(plan->oom_score_adj) == -1)
    return fail(report, STAGE_OOM_SCORE_ADJ);
  return true;
}

bool enter_cgroup(const SpawnContext *spawn, SpawnReport *report) {
  if (!spawn->enters_cgroup) return true;
  int file = openat(spawn->plan->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  bool entered = file != -1 && write(file, "0", 1) == 1;
  if (!entered) fail(report, STAGE_CGROUP);
  if (file != -1) close(file);
  return entered;
}

// Whoever starts after the caller's death must find out whom the caller had started.
bool write_record(const SpawnPlan *plan, SpawnReport *report) {
  if (plan->record == 0) return true;
  char text[48];
  size_t size = os_format_decimal((uint64_t)getpid(), text);
  text[size++] = ' ';
  size += os_format_decimal(os_start_time(getpid()), text + size);
  text[size++] = '\n';
  if (write(plan->record, text, size) != (ssize_t)size) return fail(report, STAGE_RECORD);
  return true;
}

bool set_limits(const SpawnPlan *plan, SpawnReport *report) {
  for (size_t i = 0; i < plan->limit_count; i++) {
    const LimitPlan *limit = &plan->limits[i];
    if (os_set_limit(limit->resource, limit->keep_hard, limit->soft, limit->hard) == -1)
      return fail(report, STAGE_LIMIT, REFUSAL_NONE, (int)i);
  }
  return true;
}

bool set_ids(const SpawnPlan *plan, SpawnReport *report) {
  if (!plan->set_ids) return true;
  OsIds former = os_effective_ids();
  if (os_set_groups(plan->group_count, plan->groups) == -1) return fail(report, STAGE_SETGROUPS);
  if (os_set_gid(plan->gid) == -1) return fail(report, STAGE_SETGID);
  if (os_set_uid(plan->uid) == -1) return fail(report, STAGE_SETUID);
  if (!os_ids_are(plan->uid, plan->gid) || !os_groups_are(plan->group_count, plan->groups)) {
    errno = EPERM;
    return fail(report, STAGE_SETUID, REFUSAL_IDS_NOT_SET);
  }
  if (os_can_return_to(former)) {
    errno = EPERM;
    return fail(report, STAGE_SETUID, REFUSAL_IDS_COME_BACK);
  }
  return true;
}

bool enter_root(const SpawnPlan *plan, SpawnReport *report) {
  if (!plan->chroot) return true;
  if (chroot(plan->chroot) == -1 || chdir("/") == -1) return fail(report, STAGE_CHROOT);
  return true;
}

bool connect_stdio(const int opened[3], SpawnReport *report) {
  for (int number = 0; number < 3; number++)
    if (dup2(opened[number], number) == -1) return fail(report, STAGE_STDIO, REFUSAL_NONE, number);
  return true;
}

// Before anything else is opened, which would then be in the way. The numbers stay open at exec.
bool place_descriptors(const SpawnPlan *plan, SpawnReport *report) {
  for (size_t i = 0; i < plan->pass_count; i++) {
    const DescriptorPass *pass = &plan->passes[i];
    if (dup2(pass->from, pass->to) == -1) return fail(report, STAGE_STDIO, REFUSAL_NONE, pass->to);
  }
  return true;
}

bool pass_descriptors(const SpawnPlan *plan, SpawnReport *report) {
  for (size_t i = 0; i < plan->keep_count; i++)
    if (fcntl(plan->keep[i], F_SETFD, 0) == -1) return fail(report, STAGE_KEEP_FD, REFUSAL_NONE, (int)i);
  return true;
}

bool may_be_elsewhere(int error) {
  // The errors after which execvp(3) goes on to the next directory of PATH.
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE || error == ENODEV ||
         error == ETIMEDOUT;
}

void execute(const SpawnPlan *plan, SpawnReport *report) {
  // Keep the most telling error: "not found" in a later directory hides no earlier "not permitted".
  bool telling = false;
  for (int i = 0; plan->candidates[i]; i++) {
    const char *candidate = plan->candidates[i];
    execve(candidate, const_cast<char *const *>(plan->argv), const_cast<char *const *>(plan->envp));
    int error = errno;
    struct stat found;
    bool there = stat(candidate, &found) == 0;
    errno = error;
    if (!there && may_be_elsewhere(error)) {
      // Of a directory that may not be searched we know less than of one that does not have it.
      if (!telling && (i == 0 || error != EACCES)) fail(report, STAGE_EXEC, REFUSAL_NONE, i);
      continue;
    }
    // ENOENT from a file that exists speaks of its interpreter.
    bool interpreter = error == ENOENT || error == ENOTDIR;
    if (!telling || !may_be_elsewhere(error))
      fail(report, STAGE_EXEC, interpreter ? REFUSAL_INTERPRETER : REFUSAL_NONE, i);
    telling = true;
    if (!may_be_elsewhere(error)) return;
  }
}

bool send_message(int channel, const SpawnMessage *message, int descriptor) {
  struct iovec part = {const_cast<SpawnMessage *>(message), sizeof *message};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  struct msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (descriptor != -1) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  // No SIGPIPE: the caller may be gone, and that must not end us before the work is done.
  return sendmsg(channel, &header, os_send_flags) != -1;
}

// Whatever the caller follows must be followed from here: the command has not written yet.
void tell_outputs(const SpawnPlan *plan, const int opened[3], int to_parent) {
  if (!plan->tell_outputs || to_parent == -1) return;
  SpawnMessage message = {MESSAGE_OUTPUTS, {}};
  for (int number = 1; number < 3; number++) {
    struct stat found;
    if (fstat(opened[number], &found) == -1) continue;
    OpenedOutput *output = &message.report.outputs[number - 1];
    output->is_file = S_ISREG(found.st_mode);
    output->device = (uint64_t)found.st_dev;
    output->inode = (uint64_t)found.st_ino;
    output->size = (int64_t)found.st_size;
  }
  send_message(to_parent, &message, -1);
  // The parent takes the end of this channel for the leader's: nobody else may hold it open for long.
  close(to_parent);
}

struct DaemonContext {
  const SpawnContext *spawn;
  pid_t leader;
};

int be_daemon(void *argument) {
  const DaemonContext *context = (const DaemonContext *)argument;
  const SpawnContext *spawn = context->spawn;
  // Should the leader be killed, nobody would know of us: end with it. become_command undoes this.
  os_die_with_parent(1);
  SpawnMessage message = {MESSAGE_RESULT, {}};
  if (getppid() == context->leader) {
    // Before anything is done: if the leader is killed, the caller must know whom to end.
    SpawnMessage born = {MESSAGE_BORN, {}};
    born.report.pid = getpid();
    send_message(spawn->to_parent, &born, os_pidfd_open(getpid()));
    os_reset_dispositions();
    KeptDescriptors kept;
    become_command(spawn->plan, spawn->keep, spawn->keep_count, spawn->to_parent, &kept, &message.report);
    send_message(spawn->to_leader, &message, -1);
  }
  os_exit(127);
}

// Whether the daemon has executed, once its end of the channel is silent. End of file alone proves nothing: a
// child killed just before execve gives the same bytes. But the group of a child that has executed cannot be
// changed any more (setpgid(2): EACCES, or EPERM after the program's own setsid); to set the group that it
// has already changes nothing where it is still allowed. A vfork returns when execve lets go of the memory, a
// moment before that mark is made, so look until it is made or the child has ended without it.
bool has_executed(pid_t daemon, pid_t group) {
  for (;;) {
    bool ended = os_has_ended(daemon);
    if (setpgid(daemon, group) == -1 && (errno == EACCES || errno == EPERM)) return true;
    if (ended) return false;
    os_pause_briefly();
  }
}

// The mark is made before the new image has its arguments and environment: wait until others see them too, so
// that what looks at the daemon when we have returned (status, ps, pgrep -f) finds it.
void await_arguments(pid_t daemon) {
  // Not for ever: a program may hide them, by prctl(PR_SET_MM).
  for (int looks = 0; looks < kMostLooks; looks++) {
    if (os_shows_arguments(daemon) || os_has_ended(daemon)) return;
    os_pause_briefly();
  }
}

// What became of the daemon: its own report, or the kernel's word that it executed.
void await_exec(const SpawnContext *spawn, pid_t daemon, SpawnReport *report) {
  SpawnMessage message;
  ssize_t size;
  // The user that it has become may stop it, and must not thereby stop us and the caller.
  struct pollfd silent = {spawn->from_daemon, POLLIN, 0};
  while (!spawn->plan->share_memory && poll(&silent, 1, kLookMs) == 0)
    if (os_is_stopped(daemon)) kill(daemon, SIGKILL);
  // With shared memory the clone has returned only after execve or the end, and the sleeping caller still
  // holds a copy of the other end: there is no end of file to wait for.
  int flags = spawn->plan->share_memory ? MSG_DONTWAIT : MSG_WAITALL;
  do size = recv(spawn->from_daemon, &message, sizeof message, flags);
  while (size == -1 && errno == EINTR);
  if (size == (ssize_t)sizeof message) {
    *report = message.report;
  } else if (has_executed(daemon, getpid())) {
    await_arguments(daemon);
    report->ok = 1;
    report->start_time = os_start_time(daemon);
    return;
  } else {
    errno = 0;
    fail(report, STAGE_KILLED);
  }
  int status = 0;
  os_wait(daemon, &status);
  if (report->stage == STAGE_KILLED && WIFSIGNALED(status)) report->index = WTERMSIG(status);
  // A failure up to publish_pidfile has left nothing, and what is there belongs to somebody else.
  if (report->stage > STAGE_PIDFILE) discard_pidfile(spawn->plan, daemon);
}

}  // namespace

void become_command(const SpawnPlan *plan, const int *keep, size_t keep_count, int to_parent,
                    KeptDescriptors *kept, SpawnReport *report) {
  int opened[3] = {-1, -1, -1};
  if (os_close_others(keep, keep_count, plan->foreground) == -1) {
    fail(report, STAGE_CLOSE);
    return;
  }
  if (!place_descriptors(plan, report) || !set_scheduling(plan, report)) return;
  if (plan->set_umask) umask(plan->umask);
  if (!take_lock_file(plan, &kept->lock, report) || !publish_pidfile(plan, &kept->pidfile, report)) return;
  if (!open_stdio(plan, opened, report)) return;
  tell_outputs(plan, opened, to_parent);
  if (!enter_root(plan, report) || !set_limits(plan, report) || !set_ids(plan, report)) return;
  if (chdir(plan->chdir) == -1) {
    fail(report, STAGE_CHDIR);
    return;
  }
  if (!connect_stdio(opened, report) || !pass_descriptors(plan, report)) return;
  if (plan->no_new_privs && os_set_no_new_privs() == -1) {
    fail(report, STAGE_NO_NEW_PRIVS);
    return;
  }
  if (plan->own_pid) os_format_decimal((uint64_t)getpid(), plan->own_pid);
  if (!plan->foreground) os_die_with_parent(0);
  os_unblock_signals();
  execute(plan, report);
}

int be_child(void *argument) {
  const SpawnContext *spawn = (const SpawnContext *)argument;
  SpawnMessage message = {MESSAGE_RESULT, {}};
  if (setsid() == -1) {
    fail(&message.report, STAGE_SETSID);
  } else {
    // What was meant for the caller's group, such as the ^C of its terminal, has reached us too until now.
    os_drop_pending_signals();
    os_reset_dispositions();
    KeptDescriptors kept;
    if (enter_cgroup(spawn, &message.report) && write_record(spawn->plan, &message.report))
      become_command(spawn->plan, spawn->keep, spawn->keep_count, spawn->to_parent, &kept, &message.report);
  }
  send_message(spawn->to_leader, &message, -1);
  os_exit(127);
}

int lead_session(void *argument) {
  const SpawnContext *spawn = (const SpawnContext *)argument;
  SpawnMessage message = {MESSAGE_RESULT, {}};
  // Ignored SIGCHLD would reap the daemon behind our back, and its pid could be reused.
  os_default_sigchld();
  if (setsid() == -1) {
    fail(&message.report, STAGE_SETSID);
  } else {
    DaemonContext context = {spawn, getpid()};
    pid_t daemon = os_clone(be_daemon, &context, spawn->daemon_stack, spawn->plan->share_memory);
    if (daemon == -1) {
      fail(&message.report, STAGE_SECOND_FORK);
    } else {
      close(spawn->to_leader);
      await_exec(spawn, daemon, &message.report);
      message.report.pid = daemon;
      message.report.group = getpid();
    }
  }
  send_message(spawn->to_parent, &message, -1);
  os_exit(0);
}
