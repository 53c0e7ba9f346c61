/*
 * Where a log ends and the next begins. The line that reaches the limit is the last of its file, so that a
 * backup ends with a whole line; only a line longer than a whole log may be is cut anywhere.
 */
#include <string.h>

#include "logger_parts.h"

/* With rotation by age alone. */
enum { LONGEST_LINE = 1024 * 1024 };

/* Others append to the file too, and truncate it: what counts is how long it is when it seems to be full. */
static void look_again(struct Output *output) {
  struct stat found;
  if (fstat(output->descriptor, &found) == 0) output->size = found.st_size;
}

static size_t cut_long_line(const struct Output *output, size_t size, bool *rotate) {
  int64_t longest = output->most_bytes > 0 ? output->most_bytes : LONGEST_LINE;
  int64_t left = longest - output->line;
  if (left > (int64_t)size) return size;
  *rotate = true;
  return left > 0 ? (size_t)left : 0;
}

size_t cut_before_rotation(struct Output *output, const char *bytes, size_t size, bool *rotate) {
  *rotate = false;
  if (!output->is_regular || (output->most_bytes == 0 && output->rotate_at == 0)) return size;
  bool is_full = output->most_bytes > 0 && output->size + (int64_t)size >= output->most_bytes;
  bool is_old = output->rotate_at != 0 && clock_ms() >= output->rotate_at;
  if (!is_full && !is_old) return size;
  if (output->rotate_not_before != 0 && clock_ms() < output->rotate_not_before) return size;
  look_again(output);
  int64_t left = output->most_bytes - output->size;
  if (is_old && output->size > 0) {
    left = 0;
  } else {
    /* An empty log does not age. */
    if (is_old) output->rotate_at = clock_ms() + output->interval_ms;
    if (output->most_bytes == 0 || left > (int64_t)size) return size;
  }
  if (left <= 0 && output->line == 0) {
    *rotate = true;
    return 0;
  }
  size_t from = left > 0 ? (size_t)left - 1 : 0;
  const char *newline = memchr(bytes + from, '\n', size - from);
  if (newline == NULL) newline = memrchr(bytes, '\n', from);
  if (newline != NULL) {
    *rotate = true;
    return (size_t)(newline - bytes) + 1;
  }
  if (output->line == 0 && output->size > 0) {
    *rotate = true;
    return 0;
  }
  return cut_long_line(output, size, rotate);
}

void cut_account(struct Output *output, const char *bytes, size_t size) {
  const char *newline = memrchr(bytes, '\n', size);
  output->size += (int64_t)size;
  output->line = newline != NULL ? bytes + size - newline - 1 : output->line + (int64_t)size;
}
