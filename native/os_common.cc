// What every system does alike (os.h).
#include "os.h"

#include <time.h>

void os_pause_briefly() {
  struct timespec moment = {0, 20000};
  nanosleep(&moment, nullptr);
}

size_t os_format_decimal(uint64_t value, char *digits) {
  size_t length = 1;
  for (uint64_t rest = value; rest >= 10; rest /= 10) length++;
  digits[length] = '\0';
  for (size_t at = length; at > 0; value /= 10) digits[--at] = (char)('0' + value % 10);
  return length;
}
