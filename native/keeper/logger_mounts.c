/*
 * Which file system a path is on, by the table of mounts: asking the path itself could hang. Symbolic links
 * can make this wrong; the worker that then opens the log sees it and says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "logger_parts.h"

/* For as long as one batch of orders is worked on. */
static char *table;

static bool read_table(void) {
  int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (file == -1) return false;
  size_t size = 0, room = 0;
  for (;;) {
    if (size + 1 >= room) {
      room = room == 0 ? 8192 : room * 2;
      char *more = realloc(table, room);
      if (more == NULL) break;
      table = more;
    }
    ssize_t got = read(file, table + size, room - size - 1);
    if (got == -1 && errno == EINTR) continue;
    if (got <= 0) break;
    size += (size_t)got;
  }
  close(file);
  if (table != NULL) table[size] = '\0';
  return table != NULL;
}

void mounts_forget(void) {
  free(table);
  table = NULL;
}

/* Length of the mount point if path is below it, or 0. In the table a byte such as a space is \040. */
static size_t below(const char *path, const char *point, const char *end) {
  size_t length = 0;
  while (point < end) {
    char byte = *point;
    if (byte == '\\' && end - point >= 4) {
      byte = (char)((point[1] - '0') * 64 + (point[2] - '0') * 8 + (point[3] - '0'));
      point += 3;
    }
    point++;
    if (path[length] != byte) return 0;
    length++;
  }
  if (length == 1) return 1; /* the root */
  return path[length] == '/' ? length : 0;
}

uint64_t mounts_key(const char *path) {
  uint64_t key = 0;
  size_t longest = 0;
  if (table == NULL && !read_table()) return key;
  for (const char *line = table; *line != '\0';) {
    const char *newline = strchr(line, '\n');
    unsigned major_number = 0, minor_number = 0;
    int point = 0;
    /* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
    int found = sscanf(line, "%*u %*u %u:%u %*s %n", &major_number, &minor_number, &point);
    if (found == 2 && point > 0) {
      const char *end = line + point + strcspn(line + point, " \n");
      size_t length = below(path, line + point, end);
      /* Of two on the same place the later one hides the earlier. */
      if (length > 0 && length >= longest) {
        longest = length;
        key = makedev(major_number, minor_number);
      }
    }
    if (newline == NULL) break;
    line = newline + 1;
  }
  return key;
}
