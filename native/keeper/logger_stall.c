/*
 * Says when a call to a file system does not come back. The worker that is inside it can say nothing, so the
 * main thread looks, five seconds after a worker has begun one; while there is none it sleeps.
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "logger_parts.h"

static int timer = -1;
static atomic_bool is_armed;

int stalls_open(void) {
  timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  return timer;
}

static void arm(int64_t milliseconds) {
  struct itimerspec when = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000}};
  if (!atomic_exchange(&is_armed, true)) timerfd_settime(timer, 0, &when, NULL);
}

void stall_begin(struct Worker *worker, const struct Channel *channel) {
  atomic_store_explicit(&worker->busy_for, channel, memory_order_relaxed);
  atomic_store_explicit(&worker->busy_since, clock_ms(), memory_order_relaxed);
  /* Before is_armed is looked at, as stalls_look clears that before it looks here: one of us sees the other.
   */
  atomic_store(&worker->busy, ++worker->calls * 2);
  if (!atomic_load(&is_armed)) arm(STALLED_MS);
}

void stall_end(struct Worker *worker) {
  uint64_t was = atomic_exchange(&worker->busy, 0);
  const struct Channel *channel = atomic_load_explicit(&worker->busy_for, memory_order_relaxed);
  if ((was & 1) != 0 && channel != NULL) report_line(EVERYBODY, "fine", channel->id, NO_NUMBER);
}

int64_t stalls_present(struct Worker *worker, const struct Channel *channel) {
  if ((atomic_load(&worker->busy) & 1) == 0) return 0;
  if (atomic_load_explicit(&worker->busy_for, memory_order_relaxed) != channel) return 0;
  return (clock_ms() - atomic_load_explicit(&worker->busy_since, memory_order_relaxed)) / 1000;
}

void stalls_look(void (*tell)(const struct Channel *channel, int64_t seconds)) {
  uint64_t count;
  if (read(timer, &count, sizeof count) == -1 && errno == EAGAIN) return;
  atomic_store(&is_armed, false);
  int64_t now = clock_ms(), next = 0;
  for (struct Worker *worker = workers(); worker != NULL; worker = worker->next) {
    uint64_t busy = atomic_load(&worker->busy);
    if (busy == 0 || (busy & 1) != 0) continue;
    const struct Channel *channel = atomic_load_explicit(&worker->busy_for, memory_order_relaxed);
    int64_t elapsed = now - atomic_load_explicit(&worker->busy_since, memory_order_relaxed);
    if (elapsed < STALLED_MS) {
      int64_t left = STALLED_MS - elapsed;
      if (next == 0 || left < next) next = left;
    } else if (atomic_compare_exchange_strong(&worker->busy, &busy, busy | 1) && channel != NULL) {
      /* Still the same call: what was read above is of it. */
      tell(channel, elapsed / 1000);
    }
  }
  if (next != 0) arm(next);
}
