/* The main thread's side of workers: starts one when a file system has its first log, and gives them orders.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "logger_parts.h"

/* Enough for two paths and a line of the protocol; the kernel gives what is touched of it. */
enum { STACK_SIZE = 256 * 1024 };

static struct Worker *all;

struct Worker *workers(void) {
  return all;
}

static bool start(struct Worker *worker) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  int error = pthread_create(&worker->thread, &attributes, worker_main, worker);
  pthread_attr_destroy(&attributes);
  errno = error;
  return error == 0;
}

struct Worker *worker_for(uint64_t key) {
  for (struct Worker *worker = all; worker != NULL; worker = worker->next)
    if (worker->key == key && !worker->is_ending) return worker;
  struct Worker *worker = allocate(sizeof *worker);
  worker->key = key;
  worker->last_order = &worker->orders;
  pthread_mutex_init(&worker->lock, NULL);
  worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (worker->wake == -1 || !start(worker)) {
    int error = errno;
    if (worker->wake != -1) close(worker->wake);
    free(worker);
    errno = error;
    return NULL;
  }
  worker->next = all;
  all = worker;
  return worker;
}

void workers_forget(struct Worker *worker) {
  struct Worker **at = &all;
  while (*at != worker) at = &(*at)->next;
  *at = worker->next;
  pthread_join(worker->thread, NULL);
  pthread_mutex_destroy(&worker->lock);
  close(worker->wake);
  free(worker);
}

struct Order *order_make(enum OrderKind kind, unsigned connection, ino_t inode, const char *name) {
  size_t size = strlen(name) + 1;
  struct Order *told = allocate(sizeof *told + size);
  told->kind = kind;
  told->connection = connection;
  told->inode = inode;
  memcpy(told->name, name, size);
  return told;
}

void order_post(struct Worker *worker, struct Order *told, struct Channel *channel) {
  const uint64_t one = 1;
  told->channel = channel;
  told->next = NULL;
  pthread_mutex_lock(&worker->lock);
  bool was_empty = worker->orders == NULL;
  *worker->last_order = told;
  worker->last_order = &told->next;
  pthread_mutex_unlock(&worker->lock);
  if (was_empty && write(worker->wake, &one, sizeof one) == -1) return;
}

void order(struct Worker *worker, enum OrderKind kind, struct Channel *channel, unsigned connection) {
  order_post(worker, order_make(kind, connection, 0, ""), channel);
}

struct Order *orders_take(struct Worker *worker) {
  uint64_t count;
  if (read(worker->wake, &count, sizeof count) == -1) count = 0;
  pthread_mutex_lock(&worker->lock);
  struct Order *taken = worker->orders;
  worker->orders = NULL;
  worker->last_order = &worker->orders;
  pthread_mutex_unlock(&worker->lock);
  return taken;
}
