/* What the files of a worker share. */
#ifndef TDAEMON_LOGGER_WORKER_H
#define TDAEMON_LOGGER_WORKER_H

#include "logger_parts.h"

enum {
  READ_MOST = 256 * 1024,
  STAMPED_READ_MOST = 32 * 1024,
  TROUBLED_READ_MOST = 16 * 1024,
  /* Nothing but newlines, each after a timestamp. */
  CHANGED_MOST = STAMPED_READ_MOST * (STAMP_SIZE + 1)
};

/* The channel is told as gone, or as another worker's, when this round is over. */
void worker_forget_channel(struct Worker *worker, struct Channel *channel);
/* Makes them, if they are not there: a worker that has nothing to do has none. */
bool worker_has_buffer(struct Worker *worker, const struct Channel *channel);

#endif
