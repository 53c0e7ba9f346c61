/* The logger's main thread: sleeps until somebody speaks, a worker has something to say, or a signal comes.
 */
#include "logger.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "logger_parts.h"

enum { LISTENER = 3, MOST_EVENTS = 16, PATIENCE_MS = 5000 };

static int poll_descriptor = -1, signals = -1, stalls = -1, reports = -1;

/* Of the signals only TERM means anything. A ^C or a hang-up is the keeper's to judge. */
static int open_signals(void) {
  sigset_t set;
  sigfillset(&set);
  for (int synchronous = SIGILL; synchronous <= SIGSEGV; synchronous++)
    if (synchronous == SIGILL || synchronous == SIGTRAP || synchronous == SIGABRT || synchronous == SIGBUS ||
        synchronous == SIGFPE || synchronous == SIGSEGV)
      sigdelset(&set, synchronous);
  /* Workers inherit this: a broken pipe and a file size limit are errors like others. */
  if (pthread_sigmask(SIG_SETMASK, &set, NULL) != 0) return -1;
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool watch(int *descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = descriptor};
  return *descriptor != -1 && epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, *descriptor, &event) == 0;
}

static void hear_reports(void) {
  for (struct Report *said = reports_take(), *next; said != NULL; said = next) {
    next = said->next;
    commands_report(said);
    free(said);
  }
}

static void tell_stalled(const struct Channel *channel, int64_t seconds) {
  commands_say(EVERYBODY, "stalled", channel->id, seconds);
}

static void hear_signal(void) {
  struct signalfd_siginfo info;
  if (read(signals, &info, sizeof info) == (ssize_t)sizeof info) commands_finish();
}

static uint64_t written(void) {
  uint64_t sum = 0;
  for (struct Worker *worker = workers(); worker != NULL; worker = worker->next)
    sum += atomic_load_explicit(&worker->written, memory_order_relaxed);
  return sum;
}

static void attend(void *source, unsigned events) {
  if (source == &signals) {
    hear_signal();
  } else if (source == &reports) {
    hear_reports();
  } else if (source == &stalls) {
    stalls_look(tell_stalled);
  } else {
    connections_event(source, events);
  }
}

/* Until SIGTERM or "quit", and then until all is written, or as long as that goes on. */
static int serve(void) {
  uint64_t before = 0;
  int64_t checked = 0;
  while (!commands_are_finished()) {
    struct epoll_event events[MOST_EVENTS];
    int count = epoll_wait(poll_descriptor, events, MOST_EVENTS, commands_are_finishing() ? PATIENCE_MS : -1);
    for (int at = 0; at < count; at++) attend(events[at].data.ptr, events[at].events);
    connections_send();
    mounts_forget();
    if (!commands_are_finishing() || (checked != 0 && clock_ms() - checked < PATIENCE_MS)) continue;
    /* A disk that is full, or hangs: the end does not wait for it. */
    uint64_t now = written();
    if (checked != 0 && now == before) return 1;
    before = now;
    checked = clock_ms();
  }
  connections_send();
  return 0;
}

int logger_main(void) {
#ifdef __GLIBC__
  /* Threads of ours seldom allocate; heaps of their own would only cost memory. */
  mallopt(M_ARENA_MAX, 1);
#endif
  poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  signals = open_signals();
  stalls = stalls_open();
  reports = reports_open();
  if (poll_descriptor == -1 || !watch(&signals) || !watch(&stalls) || !watch(&reports)) return 1;
  connections_open(LISTENER, poll_descriptor);
  int status = serve();
  /* A worker may be inside a call that never comes back: nothing may wait for it. */
  if (status != 0) _exit(status);
  return status;
}
