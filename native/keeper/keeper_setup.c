/* What the keeper does to itself once, before it starts anything. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"

/* Above what is meant for standard descriptors and GIVEN_DESCRIPTOR. */
enum { FIRST_MOVED = 10 };

static void follow(int *descriptor, int from, int to) {
  if (*descriptor == from) *descriptor = to;
}

/* Ours alone. Standard ones stay with the children as well. */
static bool make_private(int *descriptor, const char *option) {
  if (*descriptor == -1) return true;
  if (*descriptor < GIVEN_DESCRIPTOR) *descriptor = fcntl(*descriptor, F_DUPFD, FIRST_MOVED);
  if (*descriptor != -1 && fcntl(*descriptor, F_SETFD, FD_CLOEXEC) == 0) return true;
  keeper_complain("cannot use", option, errno);
  return false;
}

bool setup_descriptors(struct KeeperOptions *options) {
  /* Whoever opens something must not find it to be standard output. */
  int opened;
  do opened = open("/dev/null", O_RDWR);
  while (opened != -1 && opened < GIVEN_DESCRIPTOR);
  if (opened > GIVEN_DESCRIPTOR) close(opened);
  if (opened != GIVEN_DESCRIPTOR) {
    /* What we inherited there, such as a lock, lives on elsewhere, and is inherited as before. */
    int moved = fcntl(GIVEN_DESCRIPTOR, F_DUPFD, FIRST_MOVED);
    if (moved == -1) {
      keeper_complain("cannot move what is open as descriptor 3", NULL, errno);
      return false;
    }
    follow(&options->ready_fd, GIVEN_DESCRIPTOR, moved);
    follow(&options->adopt_fd, GIVEN_DESCRIPTOR, moved);
    opened = open("/dev/null", O_RDWR);
    dup2(opened, GIVEN_DESCRIPTOR);
    close(opened);
  }
  fcntl(GIVEN_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
  return make_private(&options->ready_fd, "--ready-fd") && make_private(&options->adopt_fd, "--adopt");
}

bool setup_process(void) {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1) {
    keeper_complain("cannot become subreaper", NULL, errno);
    return false;
  }
  return true;
}

int setup_signals(void) {
  /* An ignored SIGCHLD would reap behind our back; and what is default here is so in our children. */
  struct sigaction by_default = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal <= SIGRTMAX; signal++) sigaction(signal, &by_default, NULL);
  sigset_t ours;
  signals_ours(&ours);
  sigprocmask(SIG_SETMASK, &ours, NULL);
  int fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd == -1) keeper_complain("cannot read signals", NULL, errno);
  return fd;
}
