/* What systemd wants to know (sd_notify(3)), where it has given us a socket for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "keeper.h"

/* Nobody waits for an answer: what cannot be said is not said. */
static void say(const char *text) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = path != NULL ? strlen(path) : 0;
  if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
  memcpy(address.sun_path, path, length);
  /* Of an abstract name all bytes count, of a path the NUL byte at its end. */
  if (path[0] == '@') {
    address.sun_path[0] = '\0';
  } else {
    length++;
  }
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd == -1) return;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  close(fd);
}

void notify_ready(void) {
  char text[64];
  snprintf(text, sizeof text, "READY=1\nMAINPID=%d", (int)getpid());
  say(text);
}

void notify_stopping(void) { say("STOPPING=1"); }
