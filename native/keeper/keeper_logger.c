/* The logger's life, and the socket that it is spoken to by, which outlives it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "keeper.h"

enum { BACKLOG = 16, TIMER = 1, STATUS_UNKNOWN = -1, PATIENCE_MS = 15000 };

static const char socket_name[] = "logger";
static const char executable[] = "/proc/self/exe";

static struct Backoff backoff;
static const char *run_directory;
static int directory = -1;
static int listener = -1;
static pid_t pid;
static bool is_child;
/* Of one that is not. */
static int pidfd = -1;

pid_t logger_pid(void) { return pid; }

bool logger_is(pid_t child) { return pid == child && is_child; }

bool logger_prepare(const char *runtime_directory) {
  run_directory = runtime_directory;
  directory = open(run_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory == -1) {
    keeper_complain("cannot open", run_directory, errno);
    return false;
  }
  return backoff_prepare(&backoff, TIMER, logger_start);
}

/* From within: the path of the directory may be longer than an address can be. */
static bool bind_in_directory(int fd) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "logger"};
  int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fchdir(directory) == -1) {
    if (before != -1) close(before);
    return false;
  }
  unlinkat(directory, socket_name, 0);
  mode_t mask = umask(0177);
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  int error = errno;
  umask(mask);
  if (before == -1 || fchdir(before) == -1) {
    /* It was a directory that we could not enter again: none is worth keeping us from one. */
    if (chdir("/") == -1) keeper_complain("cannot enter", "/", errno);
  }
  if (before != -1) close(before);
  errno = error;
  return bound == 0;
}

static bool listen_for_supervisors(void) {
  if (listener != -1) return true;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1 || !bind_in_directory(fd) || listen(fd, BACKLOG) == -1) {
    keeper_complain("cannot listen on", socket_name, errno);
    if (fd != -1) close(fd);
    return false;
  }
  listener = fd;
  return true;
}

static void tell_pid(void) {
  for (size_t i = 0; i < LINKS; i++) links[i].logger_pid_due = true;
}

void logger_start(void) {
  static char name[] = "tdaemon-keeper";
  static char option[] = "--logger";
  char *arguments[] = {name, option, NULL};
  backoff_started(&backoff);
  if (listen_for_supervisors()) {
    struct Child child = {.path = executable, .arguments = arguments, .given = listener};
    pid_t started = children_start(&child);
    if (started != -1) {
      pid = started;
      is_child = true;
      tell_pid();
      return;
    }
    keeper_complain("cannot start the logger", NULL, errno);
  }
  backoff_ended(&backoff);
}

void logger_adopt(pid_t present) {
  if (present == 0) return;
  pid = present;
  is_child = false;
  pidfd = (int)syscall(SYS_pidfd_open, present, 0);
  if (pidfd != -1) {
    fcntl(pidfd, F_SETFD, FD_CLOEXEC);
    keeper_watch(pidfd, FROM_LOGGER_PIDFD, 0, EPOLLIN);
  } else if (errno == ESRCH) {
    logger_ended(STATUS_UNKNOWN);
  }
}

void logger_ended(int status) {
  pid = 0;
  if (pidfd != -1) {
    keeper_unwatch(pidfd);
    close(pidfd);
  }
  pidfd = -1;
  for (size_t i = 0; i < LINKS; i++) {
    links[i].logger_ended_due = true;
    links[i].logger_status = status;
  }
  if (keeper_is_leaving() && link_find(LINK_CURRENT) == NULL) {
    logger_finish();
  } else {
    backoff_ended(&backoff);
  }
}

/* The lock last: whoever comes now finds nothing, or all as new. What a supervisor has left behind stays. */
static void leave_nothing(void) {
  if (directory != -1) {
    unlinkat(directory, socket_name, 0);
    unlinkat(directory, "lock", 0);
    rmdir(run_directory);
  }
  keeper_end();
}

void logger_finish(void) {
  if (pid == 0) {
    leave_nothing();
    return;
  }
  if (pidfd != -1) {
    syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
  } else {
    kill(pid, SIGTERM);
  }
  /* Inside a write to a disk that hangs it cannot end: that is no reason for us. */
  backoff_wait(&backoff, PATIENCE_MS, leave_nothing);
}
