/* A worker's thread: sleeps until a FIFO has something, a log can be written again, or there are orders. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "logger_worker.h"

enum { MOST_EVENTS = 64, IDLE_MS = 1000 };

void worker_retry_later(struct Worker *worker) {
  if (worker->retry_at == 0) worker->retry_at = clock_ms() + RETRY_MS;
}

static char *map(size_t size) {
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

bool worker_has_buffer(struct Worker *worker, const struct Channel *channel) {
  if (worker->buffer == NULL) worker->buffer = map(READ_MOST);
  if (worker->changed == NULL && (channel->flags & TIMESTAMPS) != 0) worker->changed = map(CHANGED_MOST);
  worker->is_buffer_used = true;
  return worker->buffer != NULL && (worker->changed != NULL || (channel->flags & TIMESTAMPS) == 0);
}

static void give_buffers_back(struct Worker *worker) {
  if (worker->buffer != NULL) munmap(worker->buffer, READ_MOST);
  if (worker->changed != NULL) munmap(worker->changed, CHANGED_MOST);
  worker->buffer = worker->changed = NULL;
  worker->is_buffer_used = false;
}

void worker_forget_channel(struct Worker *worker, struct Channel *channel) {
  struct Channel **at = &worker->channels;
  while (*at != channel) at = &(*at)->next_in_worker;
  *at = channel->next_in_worker;
  channel->next_in_worker = worker->gone;
  worker->gone = channel;
}

static void retry(struct Worker *worker) {
  worker->retry_at = 0;
  for (struct Output *output = worker->outputs; output != NULL; output = output->next)
    output_resume(worker, output);
  for (struct Channel *channel = worker->channels, *next; channel != NULL; channel = next) {
    next = channel->next_in_worker;
    if (channel->must_open) channel_open(worker, channel);
  }
}

static void reopen(struct Worker *worker) {
  for (struct Channel *channel = worker->channels, *next; channel != NULL; channel = next) {
    next = channel->next_in_worker;
    channel->has_moved = false;
    if (*channel->log == '/') channel_open(worker, channel);
  }
}

static void rotate(struct Worker *worker, struct Channel *channel, unsigned connection) {
  struct Output *output = channel->output;
  ino_t inode = 0;
  int error =
      output == NULL || !output->is_regular || output->descriptor == -1 || *output->path != '/' ? EINVAL : 0;
  stall_begin(worker, channel);
  if (error == 0 && output->size > 0) error = rotate_log(output, &inode);
  stall_end(worker);
  if (error != 0) {
    report_line(connection, "failed", channel->id, error);
  } else {
    report_line(EVERYBODY, "rotated", channel->id, (int64_t)inode);
  }
}

static void change_files(struct Worker *worker, const struct Channel *channel, const struct Order *told) {
  struct Output *output = channel->output;
  bool is_clear = told->kind == ORDER_CLEAR;
  int error = output == NULL || !output->is_regular || *output->path != '/' ? EINVAL : 0;
  stall_begin(worker, channel);
  if (error == 0)
    error = is_clear ? rotate_clear(output) : rotate_compressed(output, told->inode, told->name);
  stall_end(worker);
  report_line(told->connection,
              error != 0 ? "failed"
              : is_clear ? "cleared"
                         : "replaced",
              channel->id, error != 0 ? error : NO_NUMBER);
}

static void obey_for(struct Worker *worker, struct Channel *channel, const struct Order *told) {
  if (told->kind == ORDER_STATE) {
    channel_state(channel, told->connection);
  } else if (told->kind == ORDER_DROP) {
    channel_drop(worker, channel);
  } else if (told->kind == ORDER_RELEASE) {
    channel_release(worker, channel);
  } else if (told->kind == ORDER_FLUSH) {
    channel_flush(worker, channel, told->connection);
  } else if (told->kind == ORDER_ROTATE) {
    rotate(worker, channel, told->connection);
  } else {
    change_files(worker, channel, told);
  }
}

static void take_over(struct Worker *worker, struct Channel *channel) {
  channel->is_gone = false;
  channel->next_in_worker = worker->channels;
  worker->channels = channel;
  channel_open(worker, channel);
}

/* Returns whether the order is done with. */
static bool obey(struct Worker *worker, struct Order *told) {
  struct Channel *channel = told->channel;
  if (told->kind == ORDER_QUIT) {
    worker->must_quit = true;
  } else if (told->kind == ORDER_REOPEN) {
    reopen(worker);
    report(REPORT_REOPENED, told->connection, NULL, worker, NULL);
  } else if (channel == NULL) {
    return true;
  } else if (told->kind == ORDER_OPEN) {
    take_over(worker, channel);
  } else if (told->kind == ORDER_FORGET) {
    report(REPORT_FORGOTTEN, EVERYBODY, channel, worker, NULL);
  } else if (!channel->is_gone) {
    obey_for(worker, channel, told);
  } else if (told->kind != ORDER_DROP && told->kind != ORDER_RELEASE && told->kind != ORDER_STATE) {
    /* We have let go of the channel, which the main thread did not know yet. Of a drop it knows what became.
     */
    report(REPORT_TOO_LATE, EVERYBODY, channel, worker, told);
    return false;
  }
  return true;
}

static void obey_all(struct Worker *worker) {
  for (struct Order *told = orders_take(worker), *next; told != NULL; told = next) {
    next = told->next;
    if (obey(worker, told)) free(told);
  }
}

/* Once no event of the round can be of them any more. */
static void tell_gone(struct Worker *worker) {
  for (struct Channel *channel = worker->gone, *next; channel != NULL; channel = next) {
    next = channel->next_in_worker;
    report(REPORT_GONE, EVERYBODY, channel, worker, NULL);
  }
  worker->gone = NULL;
}

static int patience(const struct Worker *worker) {
  if (worker->retry_at != 0) {
    int64_t left = worker->retry_at - clock_ms();
    return left > 0 ? (int)left : 0;
  }
  return worker->is_buffer_used ? IDLE_MS : -1;
}

static void attend(struct Worker *worker, void *source) {
  switch (*(enum Source *)source) {
    case SOURCE_CHANNEL:
      channel_serve(worker, source);
      break;
    case SOURCE_OUTPUT:
      output_resume(worker, source);
      break;
    case SOURCE_ORDERS:
      break;
  }
}

static void run_round(struct Worker *worker) {
  struct epoll_event events[MOST_EVENTS];
  bool has_orders = false;
  int count = epoll_wait(worker->poll, events, MOST_EVENTS, patience(worker));
  for (int at = 0; at < count; at++) {
    attend(worker, events[at].data.ptr);
    if (events[at].data.ptr == &worker->source) has_orders = true;
  }
  if (worker->retry_at != 0 && clock_ms() >= worker->retry_at) retry(worker);
  if (has_orders) obey_all(worker);
  if (count == 0) give_buffers_back(worker);
  outputs_sweep(worker);
  tell_gone(worker);
}

void *worker_main(void *given) {
  struct Worker *worker = given;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &worker->source};
  worker->source = SOURCE_ORDERS;
  while ((worker->poll = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
         epoll_ctl(worker->poll, EPOLL_CTL_ADD, worker->wake, &event) == -1) {
    if (worker->poll != -1) close(worker->poll);
    usleep(RETRY_MS * 1000);
  }
  while (!worker->must_quit || worker->outputs != NULL) run_round(worker);
  give_buffers_back(worker);
  close(worker->poll);
  report(REPORT_ENDED, EVERYBODY, NULL, worker, NULL);
  return NULL;
}
