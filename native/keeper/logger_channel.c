/* Reading a channel's FIFO, and its beginning and end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "logger_worker.h"

enum {
  MOST_READS = 4,         /* of one channel before the others have their turn */
  SHORT_READ = 64 * 1024, /* less than that was probably all */
  LARGE_PIPE = 256 * 1024 /* for those that fill theirs */
};

void channel_listen(struct Worker *worker, struct Channel *channel, bool on) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = channel};
  if (channel->is_listening == on || channel->descriptor == -1) return;
  if (epoll_ctl(worker->poll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, channel->descriptor, &event) == 0) {
    channel->is_listening = on;
  } else if (on) {
    channel->must_open = true; /* no memory for it now */
    worker_retry_later(worker);
  }
}

static int open_fifo(struct Channel *channel) {
  struct stat found;
  if (channel->descriptor != -1) return 0;
  int descriptor = open(channel->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
  if (descriptor == -1) return errno;
  int error = fstat(descriptor, &found) == -1 ? errno : S_ISFIFO(found.st_mode) ? 0 : EINVAL;
  if (error != 0) {
    close(descriptor);
    return error;
  }
  channel->descriptor = descriptor;
  channel->pipe_size = fcntl(descriptor, F_GETPIPE_SZ);
  return 0;
}

static void let_go(struct Worker *worker, struct Channel *channel) {
  channel_listen(worker, channel, false);
  output_detach(channel);
  if (channel->descriptor != -1) close(channel->descriptor);
  channel->descriptor = -1;
}

/* Here at least: it may be another worker's now. */
static void end(struct Worker *worker, struct Channel *channel) {
  if (channel->is_gone) return;
  channel->is_gone = true;
  for (struct Flush *flush = channel->flushes, *next; flush != NULL; flush = next) {
    next = flush->next;
    report_line(flush->connection, "failed", channel->id, EAGAIN);
    free(flush);
  }
  channel->flushes = NULL;
  let_go(worker, channel);
  worker_forget_channel(worker, channel);
}

void channel_open(struct Worker *worker, struct Channel *channel) {
  stall_begin(worker, channel);
  int error = open_fifo(channel);
  if (error == 0 && *channel->log != '\0') error = output_attach(worker, channel);
  stall_end(worker);
  channel->must_open = error != 0;
  if (error == EXDEV) {
    end(worker, channel);
    return;
  }
  if (error != 0) {
    worker_retry_later(worker);
    if (channel->failure != error) report_line(EVERYBODY, "failed", channel->id, error);
    channel->failure = error;
    return;
  }
  /* Opened anew, it is as before. */
  if (channel->failure != 0 || !channel->has_opened) report_line(EVERYBODY, "ok", channel->id, NO_NUMBER);
  channel->failure = 0;
  channel->has_opened = true;
  channel_listen(worker, channel, channel->output == NULL || channel->output->pending == NULL);
}

void channel_state(const struct Channel *channel, unsigned connection) {
  const struct Output *output = channel->output;
  if (channel->failure != 0) {
    report_line(connection, "failed", channel->id, channel->failure);
    return;
  }
  report_line(connection, "ok", channel->id, NO_NUMBER);
  if (output != NULL && output->trouble != 0)
    report_line(connection, "trouble", channel->id, output->trouble);
}

/* Those that fill their pipe get a larger one; not all, for the kernel counts a user's pipe buffers. */
static void enlarge(struct Channel *channel, size_t got) {
  if (channel->pipe_size >= LARGE_PIPE || got < (size_t)channel->pipe_size) return;
  (void)fcntl(channel->descriptor, F_SETPIPE_SZ, LARGE_PIPE);
  channel->pipe_size = INT_MAX;
}

static void pass_on(struct Worker *worker, struct Channel *channel, size_t size) {
  char *bytes = worker->buffer;
  if (channel->output == NULL) return;
  if ((channel->flags & STRIP_ANSI) != 0) size = text_strip_ansi(&channel->escape, bytes, size);
  if ((channel->flags & TIMESTAMPS) != 0) {
    size = text_add_timestamps(&channel->is_inside_line, bytes, size, worker->changed);
    bytes = worker->changed;
  }
  if (size > 0) output_add(worker, channel->output, bytes, size);
}

static size_t most_to_read(struct Worker *worker, const struct Channel *channel) {
  size_t most = READ_MOST;
  if ((channel->flags & TIMESTAMPS) != 0) most = STAMPED_READ_MOST;
  /* It may all have to be kept. */
  if (worker->troubles > 0) most = TROUBLED_READ_MOST;
  if (channel->is_closing && channel->end - channel->taken < most)
    most = (size_t)(channel->end - channel->taken);
  return most;
}

void channel_serve(struct Worker *worker, struct Channel *channel) {
  for (int reads = 0; reads < MOST_READS && channel->is_listening; reads++) {
    size_t most = most_to_read(worker, channel);
    if (most == 0 || !worker_has_buffer(worker, channel)) break;
    ssize_t got = read(channel->descriptor, worker->buffer, most);
    if (got == -1 && errno == EINTR) continue;
    if (got <= 0) break;
    atomic_fetch_add_explicit(&channel->taken, (size_t)got, memory_order_relaxed);
    enlarge(channel, (size_t)got);
    pass_on(worker, channel, (size_t)got);
    if (got < SHORT_READ) break;
  }
  if (channel->flushes != NULL || channel->is_closing) channel_settle(worker, channel);
}

/* Where the channel is when all that is in its FIFO now has been read. */
static uint64_t end_of_fifo(const struct Channel *channel) {
  int size = 0;
  if (channel->descriptor == -1 || ioctl(channel->descriptor, FIONREAD, &size) == -1) size = 0;
  return channel->taken + (uint64_t)size;
}

static int64_t size_of_log(struct Worker *worker, const struct Channel *channel) {
  struct stat found;
  const struct Output *output = channel->output;
  if (output == NULL || !output->is_regular || output->descriptor == -1) return 0;
  stall_begin(worker, channel);
  int result = fstat(output->descriptor, &found);
  stall_end(worker);
  return result == 0 ? found.st_size : 0;
}

void channel_settle(struct Worker *worker, struct Channel *channel) {
  if (channel->is_gone || (channel->output != NULL && channel->output->pending != NULL)) return;
  for (struct Flush **at = &channel->flushes; *at != NULL;) {
    struct Flush *flush = *at;
    if (channel->taken < flush->at) {
      at = &flush->next;
      continue;
    }
    *at = flush->next;
    report_line(flush->connection, "flushed", channel->id, size_of_log(worker, channel));
    free(flush);
  }
  if (channel->is_closing && channel->taken >= channel->end) channel_release(worker, channel);
}

void channel_flush(struct Worker *worker, struct Channel *channel, unsigned connection) {
  if (channel->failure != 0 && channel->output == NULL) {
    report_line(connection, "failed", channel->id, channel->failure);
    return;
  }
  struct Flush *flush = allocate(sizeof *flush);
  flush->connection = connection;
  flush->at = end_of_fifo(channel);
  flush->next = channel->flushes;
  channel->flushes = flush;
  channel_settle(worker, channel);
}

void channel_drop(struct Worker *worker, struct Channel *channel) {
  if (channel->is_gone || channel->is_closing) return;
  channel->is_closing = true;
  channel->end = end_of_fifo(channel);
  /* What has no log yet cannot be drained. */
  if (channel->failure != 0 && channel->output == NULL && *channel->log != '\0')
    channel->end = channel->taken;
  channel_settle(worker, channel);
}

void channel_release(struct Worker *worker, struct Channel *channel) {
  channel->moves_to = 0;
  end(worker, channel);
}
