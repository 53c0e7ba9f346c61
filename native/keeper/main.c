/*
 * Keeper and logger in one executable, so that there is one to ship. Started by tdaemon, not by people:
 *
 *   tdaemon-keeper RUN [--ready-fd=N] [--adopt=FD --supervisor-pid=PID [--logger-pid=PID]] --
 *                  SUPERVISOR [ARG...]
 *   tdaemon-keeper --logger
 */
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "keeper.h"
#include "logger.h"

static const char usage[] =
    "tdaemon-keeper: usage: tdaemon-keeper RUN [--ready-fd=N] [--adopt=FD --supervisor-pid=PID "
    "[--logger-pid=PID]] "
    "-- SUPERVISOR [ARG...]\n";

static bool number_option(const char *argument, const char *name, int *value) {
  size_t length = strlen(name);
  long long number = 0;
  if (strncmp(argument, name, length) != 0) return false;
  if (!words_number(argument + length, INT_MAX, &number)) return false;
  *value = (int)number;
  return true;
}

static bool parse(int argc, char **argv, struct KeeperOptions *options) {
  int at = 1;
  if (at < argc && argv[at][0] != '-') options->run_directory = argv[at++];
  for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
    if (!number_option(argv[at], "--ready-fd=", &options->ready_fd) &&
        !number_option(argv[at], "--adopt=", &options->adopt_fd) &&
        !number_option(argv[at], "--supervisor-pid=", &options->supervisor_pid) &&
        !number_option(argv[at], "--logger-pid=", &options->logger_pid))
      return false;
  }
  options->supervisor = argv + at + 1;
  bool adopts = options->adopt_fd != -1;
  return options->run_directory != NULL && at + 1 < argc && adopts == (options->supervisor_pid > 0) &&
         (adopts || options->logger_pid == 0);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--logger") == 0) {
    /* Started as /proc/self/exe, it would be `exe` to ps. */
    prctl(PR_SET_NAME, "tdaemon-logger");
    return logger_main();
  }
  struct KeeperOptions options = {.ready_fd = -1, .adopt_fd = -1};
  if (!parse(argc, argv, &options)) {
    if (write(STDERR_FILENO, usage, sizeof usage - 1) < 0) return CANNOT_START;
    return CANNOT_START;
  }
  return keeper_main(&options);
}
