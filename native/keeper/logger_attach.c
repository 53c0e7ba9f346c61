/* Which log a channel writes to: two that name the same file share one, and so one rotation. */
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "logger_parts.h"

/* How long ago the file began, by the wall clock, for there is no other across restarts. */
static int64_t age_ms(int descriptor) {
  struct statx found;
  struct timespec now;
  /* musl has had no call for it for long. */
  if (syscall(SYS_statx, descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &found) == -1) return 0;
  if ((found.stx_mask & STATX_BTIME) == 0) return 0;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t age = ((int64_t)now.tv_sec - found.stx_btime.tv_sec) * 1000;
  return age > 0 ? age : 0;
}

void output_note_file(struct Output *output, int descriptor, const struct stat *found) {
  output->descriptor = descriptor;
  output->device = found->st_dev;
  output->inode = found->st_ino;
  output->is_regular = S_ISREG(found->st_mode);
  output->size = output->is_regular ? found->st_size : 0;
  output->line = 0;
  if (*output->path == '/') output->kind = output->is_regular ? OUTPUT_FILE : OUTPUT_POLLED;
  output->rotate_at = 0;
  if (!output->is_regular || output->interval_ms == 0) return;
  int64_t age = found->st_size > 0 ? age_ms(descriptor) : 0;
  output->rotate_at = clock_ms() + (age < output->interval_ms ? output->interval_ms - age : 0);
}

int output_open_again(struct Output *output) {
  struct Place place;
  struct stat found;
  int descriptor;
  int error = place_find(&place, output->path);
  if (error != 0) return error;
  error = place_open(&place, NULL, &descriptor, &found);
  place_leave(&place);
  if (error != 0) return error;
  if (output->descriptor != -1) close(output->descriptor);
  output->is_polled = false;
  output_note_file(output, descriptor, &found);
  return 0;
}

/* The logger's own descriptor 1 or 2. Its flags are everybody's who has it: it must not become O_NONBLOCK. */
static int open_standard(const char *log, int *descriptor, struct stat *found, enum OutputKind *kind) {
  *descriptor = fcntl(log[1] - '0', F_DUPFD_CLOEXEC, 3);
  if (*descriptor == -1) return errno;
  if (fstat(*descriptor, found) == -1) return errno;
  if (S_ISREG(found->st_mode)) {
    /* A shell's `> file` has no O_APPEND, and then two loggers, or one after copytruncate, would overwrite.
     */
    int flags = fcntl(*descriptor, F_GETFL);
    if (flags != -1 && (flags & O_APPEND) == 0) (void)fcntl(*descriptor, F_SETFL, flags | O_APPEND);
  }
  *kind = S_ISSOCK(found->st_mode)                              ? OUTPUT_SOCKET
          : S_ISFIFO(found->st_mode) || S_ISCHR(found->st_mode) ? OUTPUT_SHARED_PIPE
                                                                : OUTPUT_FILE;
  return 0;
}

static int open_named(const char *log, int *descriptor, struct stat *found, enum OutputKind *kind) {
  struct Place place;
  int error = place_find(&place, log);
  if (error != 0) return error;
  error = place_open(&place, NULL, descriptor, found);
  place_leave(&place);
  *kind = error == 0 && S_ISREG(found->st_mode) ? OUTPUT_FILE : OUTPUT_POLLED;
  return error;
}

static void join(struct Channel *channel, struct Output *output) {
  channel->output = output;
  channel->next_of_output = output->channels;
  output->channels = channel;
}

static struct Output *make(struct Worker *worker, const struct Channel *channel, int descriptor,
                           const struct stat *found, enum OutputKind kind) {
  size_t length = strlen(channel->log) + 1;
  /* The path is its own: it may have to outlive the channel, until what is pending is written. */
  struct Output *output = allocate(sizeof *output + length);
  char *path = (char *)(output + 1);
  memcpy(path, channel->log, length);
  output->source = SOURCE_OUTPUT;
  output->kind = kind;
  output->path = path;
  output->backups = channel->backups;
  output->interval_ms = channel->interval_ms;
  /* What is not opened by a name cannot be rotated. */
  bool is_named = *channel->log == '/';
  output->most_bytes = is_named ? channel->most_bytes : 0;
  if (!is_named) output->interval_ms = 0;
  output_note_file(output, descriptor, found);
  output->next = worker->outputs;
  worker->outputs = output;
  return output;
}

int output_attach(struct Worker *worker, struct Channel *channel) {
  struct stat found = {0};
  enum OutputKind kind = OUTPUT_FILE;
  int descriptor = -1;
  int error = *channel->log == '@' ? open_standard(channel->log, &descriptor, &found, &kind)
                                   : open_named(channel->log, &descriptor, &found, &kind);
  if (error == 0 && S_ISREG(found.st_mode) && found.st_dev != worker->key && !channel->has_moved) {
    channel->moves_to = found.st_dev;
    error = EXDEV;
  }
  if (error != 0) {
    if (descriptor != -1) close(descriptor);
    return error;
  }
  for (struct Output *output = worker->outputs; output != NULL; output = output->next) {
    if (output->descriptor == -1 || output->device != found.st_dev || output->inode != found.st_ino) continue;
    close(descriptor);
    if (channel->output == output) return 0;
    output_detach(channel);
    join(channel, output);
    return 0;
  }
  output_detach(channel);
  join(channel, make(worker, channel, descriptor, &found, kind));
  return 0;
}

void output_detach(struct Channel *channel) {
  if (channel->output == NULL) return;
  struct Channel **at = &channel->output->channels;
  while (*at != channel) at = &(*at)->next_of_output;
  *at = channel->next_of_output;
  channel->output = NULL;
}
