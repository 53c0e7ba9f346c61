/* What changes the bytes on their way: timestamps, and escape sequences left out. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "logger_parts.h"

/* Where in a sequence of ECMA-48 we are. */
enum { PLAIN, ESCAPE, INTERMEDIATE, CONTROL, STRING, STRING_ESCAPE };

/* Control sequences end with a letter, strings such as a window's title with BEL or ESC \. */
static unsigned char next_state(unsigned char state, unsigned char byte) {
  switch (state) {
    case ESCAPE:
      if (byte == '[') return CONTROL;
      if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') return STRING;
      return byte >= 0x20 && byte <= 0x2f ? INTERMEDIATE : PLAIN;
    case INTERMEDIATE:
      return byte >= 0x20 && byte <= 0x2f ? INTERMEDIATE : PLAIN;
    case CONTROL:
      return byte >= 0x20 && byte <= 0x3f ? CONTROL : PLAIN;
    case STRING:
      return byte == 0x07 ? PLAIN : byte == 0x1b ? STRING_ESCAPE : STRING;
    default:
      return PLAIN;
  }
}

/* The bytes of whole lines are never eaten by a sequence that is not one: a newline ends it, and stays. */
static bool ends_any(unsigned char byte) { return byte == '\n' || byte == 0x18 || byte == 0x1a; }

size_t text_strip_ansi(unsigned char *state, char *bytes, size_t size) {
  size_t kept = 0;
  for (size_t at = 0; at < size;) {
    if (*state == PLAIN) {
      const char *escape = memchr(bytes + at, 0x1b, size - at);
      size_t plain = escape != NULL ? (size_t)(escape - bytes) - at : size - at;
      memmove(bytes + kept, bytes + at, plain);
      kept += plain;
      at += plain;
      if (escape == NULL) break;
      *state = ESCAPE;
      at++;
      continue;
    }
    unsigned char byte = (unsigned char)bytes[at++];
    if (ends_any(byte)) {
      if (byte == '\n') bytes[kept++] = '\n';
      *state = PLAIN;
    } else if (byte == 0x1b && *state != STRING) {
      *state = ESCAPE;
    } else {
      *state = next_state(*state, byte);
    }
  }
  return kept;
}

size_t text_add_timestamps(bool *is_inside_line, const char *bytes, size_t size, char *to) {
  char stamp[STAMP_SIZE + 48];
  struct timespec now;
  struct tm utc;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  (void)snprintf(stamp, sizeof stamp, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ ", utc.tm_year + 1900,
                 utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                 (int)(now.tv_nsec / 1000000));
  size_t made = 0;
  for (size_t at = 0; at < size;) {
    const char *newline = memchr(bytes + at, '\n', size - at);
    size_t part = newline != NULL ? (size_t)(newline - bytes) + 1 - at : size - at;
    if (!*is_inside_line) {
      memcpy(to + made, stamp, STAMP_SIZE);
      made += STAMP_SIZE;
    }
    memcpy(to + made, bytes + at, part);
    made += part;
    at += part;
    *is_inside_line = newline == NULL;
  }
  return made;
}
