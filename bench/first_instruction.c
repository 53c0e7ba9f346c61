// first_instruction FILE: writes its pid and the monotonic clock (ns) as they were when main began, in one
// rename; then waits.
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **word) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (count != 2) return 2;
  char name[4096];
  snprintf(name, sizeof name, "%s.new", word[1]);
  FILE *file = fopen(name, "w");
  if (!file) return 1;
  fprintf(file, "%d %lld\n", (int)getpid(), (long long)now.tv_sec * 1000000000 + now.tv_nsec);
  fclose(file);
  if (rename(name, word[1]) != 0) return 1;
  for (;;) pause();
}
