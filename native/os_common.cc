// What every system does alike (os.h).
#include "os.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

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

bool os_is_only_read_locked(int descriptor) {
  struct flock lock = {};
  lock.l_type = F_RDLCK;  // conflicts with write locks alone
  lock.l_whence = SEEK_SET;
  return fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}
