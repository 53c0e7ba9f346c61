/* The main thread's table of channels: which worker has which, and what comes after it. */
#include "logger_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct Channel *all;

static uint32_t hash_of(const char *word) {
  uint32_t hash = 2166136261U; /* FNV-1a */
  for (; *word != '\0'; word++) hash = (hash ^ (unsigned char)*word) * 16777619U;
  return hash;
}

struct Channel *table_make(const char *id, const char *fifo, const char *log) {
  size_t id_size = strlen(id) + 1, fifo_size = strlen(fifo) + 1, log_size = strlen(log) + 1;
  struct Channel *channel = allocate(sizeof *channel + id_size + fifo_size + log_size);
  char *words = (char *)(channel + 1);
  channel->source = SOURCE_CHANNEL;
  channel->descriptor = -1;
  channel->hash = hash_of(id);
  channel->id = memcpy(words, id, id_size);
  channel->fifo = memcpy(words + id_size, fifo, fifo_size);
  channel->log = memcpy(words + id_size + fifo_size, log, log_size);
  return channel;
}

struct Channel *table_find(const char *id) {
  uint32_t hash = hash_of(id);
  for (struct Channel *channel = all; channel != NULL; channel = channel->next)
    if (channel->hash == hash && strcmp(channel->id, id) == 0) return channel;
  return NULL;
}

bool table_is_empty(void) { return all == NULL; }

static void refuse(const struct Channel *channel, struct Order *told, int error) {
  commands_say(told->connection, "failed", channel->id, error);
  free(told);
}

static void wait_for_worker(struct Channel *channel, struct Order *told) {
  struct Order **at = &channel->waiting;
  while (*at != NULL) at = &(*at)->next;
  told->next = NULL;
  *at = told;
}

void table_order(struct Channel *channel, struct Order *told) {
  struct Channel *last = channel->successor != NULL ? channel->successor : channel;
  if (last->is_dropped) {
    refuse(channel, told, ENOENT);
  } else if (last != channel || channel->is_done) {
    wait_for_worker(last, told);
  } else {
    order_post(channel->worker, told, channel);
  }
}

static struct Order *take_waiting(struct Channel *channel) {
  struct Order *waiting = channel->waiting;
  channel->waiting = NULL;
  return waiting;
}

static void refuse_waiting(struct Channel *channel, int error) {
  for (struct Order *told = take_waiting(channel), *next; told != NULL; told = next) {
    next = told->next;
    refuse(channel, told, error);
  }
}

static bool is_same(const struct Channel *one, const struct Channel *other) {
  return strcmp(one->fifo, other->fifo) == 0 && strcmp(one->log, other->log) == 0 &&
         one->most_bytes == other->most_bytes && one->interval_ms == other->interval_ms &&
         one->backups == other->backups && one->flags == other->flags;
}

static uint64_t key_of(const struct Channel *channel) {
  if (*channel->log == '\0') return KEY_NOWHERE;
  return *channel->log == '@' ? KEY_STANDARD : mounts_key(channel->log);
}

static void remove_entry(struct Channel *channel) {
  struct Channel **at = &all;
  while (*at != channel) at = &(*at)->next;
  *at = channel->next;
}

static void release_worker(struct Channel *channel) {
  struct Worker *worker = channel->worker;
  channel->worker = NULL;
  if (--worker->channel_count > 0) return;
  worker->is_ending = true;
  order(worker, ORDER_QUIT, NULL, EVERYBODY);
}

/* Gives it to a worker, or forgets it when there can be none. */
static bool place(struct Channel *channel, uint64_t key) {
  struct Worker *worker = worker_for(key);
  /* With no thread to be had, another file system's is better than none. */
  for (struct Worker *other = workers(); worker == NULL && other != NULL; other = other->next)
    if (!other->is_ending) worker = other;
  if (worker == NULL) {
    int error = errno;
    commands_say(EVERYBODY, "failed", channel->id, error);
    refuse_waiting(channel, error);
    remove_entry(channel);
    free(channel);
    return false;
  }
  if (worker->key != key) channel->has_moved = true;
  channel->worker = worker;
  worker->channel_count++;
  order(worker, ORDER_OPEN, channel, EVERYBODY);
  for (struct Order *told = take_waiting(channel), *next; told != NULL; told = next) {
    next = told->next;
    order_post(worker, told, channel);
  }
  return true;
}

static bool enter(struct Channel *channel) {
  channel->next = all;
  all = channel;
  return place(channel, key_of(channel));
}

static void say_dropped(const struct Channel *channel) {
  if (channel->is_dropped) commands_say(channel->dropper, "dropped", channel->id, NO_NUMBER);
}

static void replace(struct Channel *old, struct Channel *channel) {
  if (old->successor != NULL) {
    say_dropped(old->successor);
    channel->waiting = take_waiting(old->successor);
    free(old->successor);
  } else {
    channel->waiting = take_waiting(old);
  }
  old->successor = channel;
  /* What is in the FIFO is the successor's to read. */
  if (!old->is_done) order(old->worker, ORDER_RELEASE, old, EVERYBODY);
  old->is_leaving = true;
}

void table_put(struct Channel *channel, unsigned connection) {
  struct Channel *old = table_find(channel->id);
  if (old == NULL) {
    (void)enter(channel);
  } else if (old->is_leaving || !is_same(old, channel)) {
    replace(old, channel);
  } else {
    old->mark = channel->mark;
    free(channel);
    if (old->is_done) return;
    order(old->worker, ORDER_STATE, old, connection);
    /* It cannot answer now. */
    int64_t seconds = stalls_present(old->worker, old);
    if (seconds > 0) commands_say(connection, "stalled", old->id, seconds);
  }
}

void table_drop(struct Channel *channel, unsigned connection) {
  /* One that is yet to come will read what is in the FIFO, and go then. */
  struct Channel *last = channel->successor != NULL ? channel->successor : channel;
  last->is_dropped = true;
  last->dropper = connection;
  if (last != channel) return;
  if (!channel->is_leaving && !channel->is_done) order(channel->worker, ORDER_DROP, channel, EVERYBODY);
  channel->is_leaving = true;
}

void table_drop_others(unsigned mark) {
  for (struct Channel *channel = all; channel != NULL; channel = channel->next) {
    const struct Channel *last = channel->successor != NULL ? channel->successor : channel;
    if (last->mark != mark && !last->is_dropped) table_drop(channel, EVERYBODY);
  }
}

void table_count(unsigned connection) {
  for (const struct Channel *channel = all; channel != NULL; channel = channel->next) {
    uint64_t taken = atomic_load_explicit(&channel->taken, memory_order_relaxed);
    commands_say(connection, "taken", channel->id, (int64_t)taken);
  }
}

void table_gone(struct Channel *channel) {
  channel->is_done = true;
  order(channel->worker, ORDER_FORGET, channel, EVERYBODY);
}

void table_forgotten(struct Channel *channel) {
  struct Channel *successor = channel->successor;
  release_worker(channel);
  if (channel->moves_to != 0 && successor == NULL) {
    /* Opened, it turned out to be on another file system than its path says. A drop that it did not hear, it
     * hears there. */
    channel->is_done = false;
    channel->has_moved = true;
    if (place(channel, channel->moves_to) && channel->is_dropped)
      order(channel->worker, ORDER_DROP, channel, EVERYBODY);
    return;
  }
  say_dropped(channel);
  refuse_waiting(channel, ENOENT);
  remove_entry(channel);
  /* It goes on counting: for whoever asks it is the same channel. */
  if (successor != NULL) atomic_store_explicit(&successor->taken, channel->taken, memory_order_relaxed);
  free(channel);
  if (successor == NULL) return;
  bool is_dropped = successor->is_dropped;
  unsigned dropper = successor->dropper;
  if (enter(successor) && is_dropped) table_drop(successor, dropper);
}
