/* The logger's clock and its memory. */
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "logger_parts.h"

int64_t clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void *allocate(size_t size) {
  for (;;) {
    void *memory = calloc(1, size);
    if (memory != NULL) return memory;
    /* Whatever was to be kept in it would be lost. Meanwhile programs wait, as with a full disk. */
    poll(NULL, 0, RETRY_MS);
  }
}
