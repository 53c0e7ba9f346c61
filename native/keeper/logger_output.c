/*
 * Writing to a log. What cannot be written now is kept, and until it is written the FIFOs of that log are not
 * read: the programs wait, and nothing is lost or written twice.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "logger_parts.h"

/* A pipe that poll(2) calls writable takes so much without blocking (pipe(7)). */
enum { PIPE_PIECE = 4096 };

static const struct Channel *speaker(const struct Output *output) { return output->channels; }

static ssize_t put(const struct Output *output, const char *bytes, size_t size) {
  if (output->kind == OUTPUT_SOCKET)
    return send(output->descriptor, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (output->kind == OUTPUT_SHARED_PIPE) {
    struct pollfd ready = {.fd = output->descriptor, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0) {
      errno = EAGAIN;
      return -1;
    }
    if (size > PIPE_PIECE) size = PIPE_PIECE;
  }
  return write(output->descriptor, bytes, size);
}

/* Where only the new file is missing, the next write sees to that. */
static void rotate(struct Output *output) {
  ino_t inode;
  int error = rotate_log(output, &inode);
  const struct Channel *channel = speaker(output);
  bool has_rotated = inode != 0 || (error == 0 && output->backups == 0);
  if (has_rotated && channel != NULL) report_line(EVERYBODY, "rotated", channel->id, (int64_t)inode);
  output->rotate_not_before = 0;
  if (output->descriptor == -1) return;
  /* The file goes on as it is; another attempt a second later, when there is something to write. */
  if (error != 0) output->rotate_not_before = clock_ms() + RETRY_MS;
  if (channel != NULL && error != 0 && output->rotation_trouble == 0)
    report_line(EVERYBODY, "trouble", channel->id, error);
  if (channel != NULL && error == 0 && output->rotation_trouble != 0)
    report_line(EVERYBODY, "fine", channel->id, NO_NUMBER);
  output->rotation_trouble = error;
}

/* Returns how much of it is written: all, or *error says why not. */
static size_t write_out(struct Worker *worker, struct Output *output, const char *bytes, size_t size,
                        int *error) {
  size_t done = 0;
  *error = 0;
  while (done < size) {
    bool is_full = false;
    if (output->descriptor == -1) {
      *error = output_open_again(output);
      if (*error != 0) break;
    }
    size_t part = cut_before_rotation(output, bytes + done, size - done, &is_full);
    if (part > 0) {
      ssize_t wrote = put(output, bytes + done, part);
      if (wrote == -1 && errno == EINTR) continue;
      if (wrote == -1) {
        *error = errno;
        break;
      }
      cut_account(output, bytes + done, (size_t)wrote);
      done += (size_t)wrote;
      if ((size_t)wrote < part) continue;
    }
    if (is_full) rotate(output);
  }
  atomic_fetch_add_explicit(&worker->written, done, memory_order_relaxed);
  return done;
}

static void wait_until_writable(struct Worker *worker, struct Output *output) {
  struct epoll_event event = {.events = EPOLLOUT | EPOLLONESHOT, .data.ptr = output};
  int how = output->is_polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(worker->poll, how, output->descriptor, &event) == 0) {
    output->is_polled = true;
  } else {
    worker_retry_later(worker);
  }
}

static void tell_trouble(struct Worker *worker, struct Output *output, int error) {
  const struct Channel *channel = speaker(output);
  worker_retry_later(worker);
  if (output->trouble == 0) worker->troubles++;
  if (output->trouble != error && channel != NULL) report_line(EVERYBODY, "trouble", channel->id, error);
  output->trouble = error;
}

static void tell_fine(struct Worker *worker, struct Output *output) {
  const struct Channel *channel = speaker(output);
  if (output->trouble == 0) return;
  worker->troubles--;
  output->trouble = 0;
  if (channel != NULL) report_line(EVERYBODY, "fine", channel->id, NO_NUMBER);
}

static void listen_to_all(struct Worker *worker, struct Output *output, bool on) {
  for (struct Channel *channel = output->channels; channel != NULL; channel = channel->next_of_output)
    channel_listen(worker, channel, on);
}

void output_add(struct Worker *worker, struct Output *output, const char *bytes, size_t size) {
  int error;
  stall_begin(worker, speaker(output));
  size_t done = write_out(worker, output, bytes, size, &error);
  stall_end(worker);
  if (error == 0) return;
  output->pending = allocate(size - done);
  memcpy(output->pending, bytes + done, size - done);
  output->pending_begin = 0;
  output->pending_end = size - done;
  listen_to_all(worker, output, false);
  if (error == EAGAIN) {
    wait_until_writable(worker, output);
  } else {
    tell_trouble(worker, output, error);
  }
}

void output_resume(struct Worker *worker, struct Output *output) {
  int error;
  if (output->pending == NULL) return;
  /* A file that the server has removed (NFS) never works again. */
  if (output->trouble == ESTALE && *output->path == '/') {
    close(output->descriptor);
    output->descriptor = -1;
  }
  stall_begin(worker, speaker(output));
  size_t left = output->pending_end - output->pending_begin;
  output->pending_begin += write_out(worker, output, output->pending + output->pending_begin, left, &error);
  stall_end(worker);
  if (error == EAGAIN) {
    wait_until_writable(worker, output);
    return;
  }
  if (error != 0) {
    tell_trouble(worker, output, error);
    return;
  }
  free(output->pending);
  output->pending = NULL;
  tell_fine(worker, output);
  listen_to_all(worker, output, true);
  /* What waited for this: flushes, drops. */
  for (struct Channel *channel = output->channels, *next; channel != NULL; channel = next) {
    next = channel->next_of_output;
    channel_settle(worker, channel);
  }
}

void outputs_sweep(struct Worker *worker) {
  for (struct Output **at = &worker->outputs; *at != NULL;) {
    struct Output *output = *at;
    if (output->channels != NULL || output->pending != NULL) {
      at = &output->next;
      continue;
    }
    *at = output->next;
    if (output->trouble != 0) worker->troubles--;
    /* Closing alone is not enough for a descriptor that is a duplicate: epoll(7). */
    if (output->is_polled) epoll_ctl(worker->poll, EPOLL_CTL_DEL, output->descriptor, NULL);
    if (output->descriptor != -1) close(output->descriptor);
    free(output);
  }
}
