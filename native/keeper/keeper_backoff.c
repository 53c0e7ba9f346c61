/* When to start again what has ended: at once, then after 0.1 s, then twice that each time, up to 10 s. */
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

/* A life of this long is a good one. */
enum { FIRST_MS = 100, LONGEST_MS = 10000, GOOD_LIFE_MS = 10000, BACKOFFS = 2 };

static struct Backoff *known[BACKOFFS];

static long long now_ms(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool backoff_prepare(struct Backoff *backoff, size_t index, void (*start)(void)) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  *backoff = (struct Backoff){.timer = timer, .start = start};
  known[index] = backoff;
  if (timer != -1 && keeper_watch(timer, FROM_TIMERS, index, EPOLLIN)) return true;
  keeper_complain("cannot make a timer", NULL, errno);
  return false;
}

void backoff_started(struct Backoff *backoff) { backoff->started_ms = now_ms(); }

void backoff_reset(struct Backoff *backoff) { backoff->next_ms = 0; }

static void set_timer(const struct Backoff *backoff, int ms) {
  struct itimerspec after = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}};
  timerfd_settime(backoff->timer, 0, &after, NULL);
}

void backoff_ended(struct Backoff *backoff) {
  if (now_ms() - backoff->started_ms >= GOOD_LIFE_MS) backoff_reset(backoff);
  int wait_ms = backoff->next_ms;
  int twice = wait_ms * 2 < LONGEST_MS ? wait_ms * 2 : LONGEST_MS;
  backoff->next_ms = wait_ms == 0 ? FIRST_MS : twice;
  if (wait_ms == 0) {
    backoff->start();
    return;
  }
  backoff->waiting = true;
  set_timer(backoff, wait_ms);
}

void backoff_wait(struct Backoff *backoff, int ms, void (*act)(void)) {
  backoff->start = act;
  backoff->waiting = true;
  set_timer(backoff, ms);
}

void backoff_hurry(struct Backoff *backoff) {
  if (!backoff->waiting) return;
  set_timer(backoff, 0);
  backoff->waiting = false;
  backoff->start();
}

void backoff_timer(size_t index) {
  uint64_t times;
  struct Backoff *backoff = known[index];
  if (read(backoff->timer, &times, sizeof times) != (ssize_t)sizeof times || !backoff->waiting) return;
  backoff->waiting = false;
  backoff->start();
}
