// write_log MEGABYTES: writes so many of log lines, about 100 bytes each, to stdout, as fast as they are
// taken.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **word) {
  static char block[65536];
  size_t used = 0;
  if (count != 2) return 2;
  for (int number = 0; sizeof block - used > 128; number++)
    used += (size_t)snprintf(
        block + used, sizeof block - used,
        "2026-11-23 13:05:01 INFO worker[%04d]: request handled in 12 ms, status 200, 4096 bytes sent\n",
        number);
  for (long long left = atoll(word[1]) * 1000000; left > 0;) {
    size_t size = left < (long long)used ? (size_t)left : used;
    ssize_t wrote = write(STDOUT_FILENO, block, size);
    if (wrote == -1) return 1;
    left -= wrote;
  }
  return 0;
}
