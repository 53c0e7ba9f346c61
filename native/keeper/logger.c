/* Accepts connections and ignores them. */
#include "logger.h"

#include <stddef.h>
#include <sys/socket.h>

int logger_main(void) {
  for (;;) accept(3, NULL, NULL);
}
