/* Starts what the keeper starts: the supervisor, and the logger. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeper.h"

enum { CLOSED_WITHOUT_CLOSE_RANGE = 1024 };
enum { OURS = 2 };

/* For supervisors: ours first, so that the rest can be the logger's. */
static char **environment;
static struct rlimit original_limit;

bool children_prepare(void) {
  if (getrlimit(RLIMIT_NOFILE, &original_limit) == 0) {
    struct rlimit most = {original_limit.rlim_max, original_limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &most);
  }
  size_t count = 0;
  size_t at = OURS;
  while (environ[count] != NULL) count++;
  environment = calloc(count + OURS + 1, sizeof *environment);
  if (environment == NULL) {
    keeper_complain("cannot start", NULL, errno);
    return false;
  }
  static char given[] = "TDAEMON_KEEPER=3";
  environment[0] = given;
  for (size_t i = 0; i < count; i++) {
    bool replaced = strncmp(environ[i], "TDAEMON_KEEPER=", strlen("TDAEMON_KEEPER=")) == 0 ||
                    strncmp(environ[i], "TDAEMON_HELD=", strlen("TDAEMON_HELD=")) == 0;
    if (!replaced) environment[at++] = environ[i];
  }
  return true;
}

static void close_others(void) {
  const int first = GIVEN_DESCRIPTOR + 1;
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  for (int fd = first; fd < CLOSED_WITHOUT_CLOSE_RANGE; fd++) close(fd);
}

static _Noreturn void be_child(const struct Child *child) {
  /* A session of its own: ^C and hang-up of a terminal are for the keeper to pass on, once. */
  setsid();
  bool placed = dup2(child->given, GIVEN_DESCRIPTOR) != -1;
  if (child->is_supervisor) {
    held_inherit();
    setrlimit(RLIMIT_NOFILE, &original_limit);
  } else {
    /* Above all the lock of the directory: a logger that still drains is no reason not to start. */
    close_others();
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (placed) execve(child->path, child->arguments, child->is_supervisor ? environment : environment + OURS);
  keeper_complain("cannot execute", child->path, errno);
  _exit(CANNOT_START);
}

pid_t children_start(const struct Child *child) {
  environment[1] = held_environment();
  pid_t pid = fork();
  if (pid == 0) be_child(child);
  return pid;
}
