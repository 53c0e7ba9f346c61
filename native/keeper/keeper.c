/* The keeper's loop: sleeps until something happens, does what it asks for, tells whom it concerns. */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { STATUS_UNKNOWN = -1, INDEX_BITS = 32 };

static int epoll = -1;
static int signals = -1;
static bool leaving;
static bool ended;
static int exit_status;
static bool more_to_reap;

void keeper_complain(const char *what, const char *name, int error) {
  char text[512];
  size_t at = 0;
  const char *parts[] = {"tdaemon-keeper: ", what, name != NULL ? " " : "", name != NULL ? name : "", ": ",
                         strerror(error),    "\n"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    for (const char *from = parts[i]; from != NULL && *from != '\0' && at < sizeof text - 1; from++)
      text[at++] = *from;
  }
  text[at - 1] = '\n';
  /* It may be a pipe that nobody reads. */
  struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
  if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;
  /* Nobody is left to be told if that fails. */
  if (write(STDERR_FILENO, text, at) == -1) return;
}

static bool control(int operation, int fd, enum Source source, size_t index, unsigned events) {
  struct epoll_event event = {.events = events, .data.u64 = (uint64_t)source << INDEX_BITS | index};
  return epoll_ctl(epoll, operation, fd, &event) == 0;
}

bool keeper_watch(int fd, enum Source source, size_t index, unsigned events) {
  return control(EPOLL_CTL_ADD, fd, source, index, events);
}

void keeper_change(int fd, enum Source source, size_t index, unsigned events) {
  control(EPOLL_CTL_MOD, fd, source, index, events);
}

void keeper_leave(int status) {
  if (!leaving) exit_status = status;
  leaving = true;
}

bool keeper_is_leaving(void) { return leaving; }

void keeper_end(void) { ended = true; }

void keeper_unwatch(int fd) { control(EPOLL_CTL_DEL, fd, FROM_SIGNALS, 0, 0); }

static void read_signals(void) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
    int signal = (int)info.ssi_signo;
    if (signal == SIGCHLD) {
      more_to_reap = true;
    } else if (signal != SIGPIPE) {
      signals_arrived(signal);
    }
  }
}

static void handle(const struct epoll_event *event) {
  size_t index = (size_t)(event->data.u64 & UINT32_MAX);
  switch ((enum Source)(event->data.u64 >> INDEX_BITS)) {
    case FROM_SIGNALS:
      read_signals();
      break;
    case FROM_LINK:
      link_event(&links[index], event->events);
      break;
    case FROM_LINK_PIDFD:
      supervisor_ended(&links[index], STATUS_UNKNOWN);
      break;
    case FROM_LOGGER_PIDFD:
      logger_ended(STATUS_UNKNOWN);
      break;
    case FROM_TIMERS:
      backoff_timer(index);
      break;
  }
}

static bool prepare(struct KeeperOptions *options) {
  if (!children_prepare() || !setup_descriptors(options) || !setup_process()) return false;
  epoll = epoll_create1(EPOLL_CLOEXEC);
  signals = setup_signals();
  if (epoll == -1 || signals == -1 || !keeper_watch(signals, FROM_SIGNALS, 0, EPOLLIN)) {
    keeper_complain("cannot wait", NULL, errno);
    return false;
  }
  return logger_prepare(options->run_directory) && supervisor_prepare(options);
}

static void serve(struct Link *link) {
  if (link->state == LINK_FREE) return;
  link_serve(link);
  /* Where there are no pidfds this is all that is seen of the end of a supervisor that is not our child. */
  if (link->fd == -1 && !link->is_child && link->pidfd == -1) supervisor_ended(link, STATUS_UNKNOWN);
}

int keeper_main(const struct KeeperOptions *given) {
  struct KeeperOptions options = *given;
  if (!prepare(&options)) return CANNOT_START;
  if (options.adopt_fd == -1) {
    logger_start();
    supervisor_start();
  } else {
    supervisor_adopt(options.adopt_fd, options.supervisor_pid);
    logger_adopt(options.logger_pid);
  }
  /* What we already had as children may have ended before we listened. */
  more_to_reap = true;
  while (!ended) {
    struct epoll_event event;
    /* One at a time: what it leads to may be the end of what the next one is about. */
    int count = epoll_wait(epoll, &event, 1, more_to_reap ? 0 : -1);
    if (count == 1) handle(&event);
    if (more_to_reap) more_to_reap = exits_reap();
    /* Twice: what one says may be something to tell another. */
    for (size_t i = 0; i < LINKS * 2; i++) serve(&links[i % LINKS]);
  }
  return exit_status;
}
