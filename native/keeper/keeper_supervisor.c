/* The lives of supervisors: one in charge, perhaps a newcomer that is to replace it, and those that were
 * replaced. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"

enum { TIMER = 0, STATUS_UNKNOWN = -1, SIGNALLED = 128, STATUS_SHIFT = 8 };

static char **command_line;
static int ready_fd = -1;
/* One has said that it is ready: from then on there is always to be one. */
static bool ever_ready;
static bool said_ready;
static struct Backoff backoff;

bool supervisor_prepare(const struct KeeperOptions *options) {
  command_line = options->supervisor;
  ready_fd = options->ready_fd;
  return backoff_prepare(&backoff, TIMER, supervisor_start);
}

/* NULL: errno. */
static struct Link *start(enum LinkState state) {
  int ends[2];
  if (link_find(LINK_FREE) == NULL) {
    errno = EAGAIN;
    return NULL;
  }
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) return NULL;
  struct Child child = {
      .path = command_line[0], .arguments = command_line, .given = ends[1], .is_supervisor = true};
  pid_t pid = children_start(&child);
  int error = errno;
  close(ends[1]);
  if (pid != -1) return link_make(state, pid, ends[0]);
  close(ends[0]);
  errno = error;
  return NULL;
}

void supervisor_start(void) {
  backoff_started(&backoff);
  if (start(LINK_CURRENT) != NULL) return;
  keeper_complain("cannot start", command_line[0], errno);
  if (ever_ready) {
    backoff_ended(&backoff);
  } else {
    keeper_leave(CANNOT_START);
    logger_finish();
  }
}

void supervisor_adopt(int fd, pid_t pid) {
  ever_ready = true;
  backoff_started(&backoff);
  struct Link *link = link_make(LINK_CURRENT, pid, fd);
  if (link == NULL) return;
  link->is_child = false;
  link->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (link->pidfd != -1) {
    fcntl(link->pidfd, F_SETFD, FD_CLOEXEC);
    keeper_watch(link->pidfd, FROM_LINK_PIDFD, (size_t)(link - links), EPOLLIN);
  } else if (errno == ESRCH) {
    supervisor_ended(link, STATUS_UNKNOWN);
  }
}

static void current_ended(int status) {
  struct Link *newcomer = link_find(LINK_NEWCOMER);
  if (keeper_is_leaving()) {
    logger_finish();
  } else if (newcomer != NULL) {
    newcomer->state = LINK_CURRENT;
    signals_tell_again();
  } else if (ever_ready) {
    signals_tell_again();
    backoff_ended(&backoff);
  } else {
    keeper_leave(WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status));
    logger_finish();
  }
}

void supervisor_ended(struct Link *link, int status) {
  /* It may have said goodbye. */
  link_drain(link);
  enum LinkState state = link->state;
  link_free(link);
  struct Link *current = link_find(LINK_CURRENT);
  if (state == LINK_CURRENT) {
    current_ended(status);
  } else if (state == LINK_NEWCOMER && current != NULL) {
    current->handover_failed_due = true;
    current->handover_status = status;
  }
}

static void tell_ready(void) {
  if (ready_fd == -1) return;
  struct pollfd room = {.fd = ready_fd, .events = POLLOUT};
  /* It may be anything; never wait for who reads it. */
  if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0 && write(ready_fd, "\n", 1) == -1)
    keeper_complain("cannot say that it is ready", NULL, errno);
  close(ready_fd);
  ready_fd = -1;
}

void supervisor_ready(struct Link *link) {
  /* One that is being ended takes over nothing. */
  if (keeper_is_leaving() && link->state == LINK_NEWCOMER) return;
  link->ready = ever_ready = true;
  tell_ready();
  if (!said_ready) notify_ready();
  said_ready = true;
  backoff_reset(&backoff);
  if (link->state != LINK_NEWCOMER) return;
  struct Link *old = link_find(LINK_CURRENT);
  if (old != NULL) {
    old->state = LINK_DEPARTING;
    old->replaced_due = true;
    signals_tell_again();
  }
  link->state = LINK_CURRENT;
  backoff_started(&backoff);
}

void supervisor_leave(int status) {
  const struct Link *newcomer = link_find(LINK_NEWCOMER);
  /* It has taken over nothing yet. */
  if (newcomer != NULL) kill(newcomer->pid, SIGKILL);
  keeper_leave(status);
}

void supervisor_handover(void) {
  struct Link *current = link_find(LINK_CURRENT);
  if (keeper_is_leaving() || current == NULL || link_find(LINK_NEWCOMER) != NULL) return;
  if (start(LINK_NEWCOMER) != NULL) return;
  keeper_complain("cannot start", command_line[0], errno);
  current->handover_failed_due = true;
  current->handover_status = CANNOT_START << STATUS_SHIFT;
}

void supervisor_signal_unlinked(int signal) {
  const struct Link *current = link_find(LINK_CURRENT);
  if (current == NULL || current->fd != -1) return;
  if (current->pidfd != -1) {
    syscall(SYS_pidfd_send_signal, current->pidfd, signal, NULL, 0);
  } else {
    kill(current->pid, signal);
  }
}

void supervisor_hurry(void) { backoff_hurry(&backoff); }
