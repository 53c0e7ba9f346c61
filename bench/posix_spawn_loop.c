// The limit beside which tdaemon is measured: COUNT times posix_spawn(3) of one command, from one process.
//
//   posix_spawn_loop [--wait] COUNT COMMAND [ARG...]      prints the nanoseconds of all starts together
//
// posix_spawn returns when exec has succeeded, so a start ends there; children that have ended are reaped
// beside it. With --wait a start ends when the command has ended, for commands that start a daemon and
// return. An argument's {} becomes the number of the start, the same in every start but for that.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void give_up(const char *what, const char *on, const char *why) {
  fprintf(stderr, "posix_spawn_loop: %s %s: %s\n", what, on, why);
  exit(1);
}

static char *numbered(const char *argument, int number) {
  const char *hole = strstr(argument, "{}");
  char *text = NULL;
  int length = hole ? asprintf(&text, "%.*s%d%s", (int)(hole - argument), argument, number, hole + 2)
                    : asprintf(&text, "%s", argument);
  if (length == -1) give_up("cannot copy", argument, strerror(errno));
  return text;
}

static void check(const char *command, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  char why[32];
  snprintf(why, sizeof why, "status 0x%x", status);
  give_up("failed:", command, why);
}

int main(int argc, char **argv) {
  int waits = argc > 1 && strcmp(argv[1], "--wait") == 0;
  char **words = argv + 1 + waits;
  if (argc < 3 + waits) give_up("usage:", "[--wait] COUNT COMMAND [ARG...]", "too few words");
  int count = atoi(words[0]);
  char **pattern = words + 1;
  size_t length = 0;
  while (pattern[length]) length++;
  char **command = calloc(length + 1, sizeof *command);
  if (!command) give_up("cannot copy", pattern[0], strerror(errno));

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  // Descriptor 2 stays, so that a failure is seen.

  int64_t spent = 0;
  int alive = 0, status;
  for (int number = 0; number < count; number++) {
    for (size_t i = 0; i < length; i++) command[i] = numbered(pattern[i], number);
    pid_t child;
    int64_t begin = now();
    int error = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
    if (error) give_up("cannot start", command[0], strerror(error));
    if (waits) {
      while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
      }
      spent += now() - begin;
      check(command[0], status);
    } else {
      alive++;
      while (alive > 0 && waitpid(-1, &status, WNOHANG) > 0) alive--;
      spent += now() - begin;
    }
    for (size_t i = 0; i < length; i++) free(command[i]);
  }
  while (alive > 0 && wait(&status) > 0) alive--;
  printf("%lld\n", (long long)spent);
  return 0;
}
