// readier KIND WHERE MILLISECONDS FILE: wait so long, become ready in the way of KIND, note in FILE when that
// was on the monotonic clock (nanoseconds), and stay.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int listen_tcp(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int yes = 1, own = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(own, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(own, (struct sockaddr *)&address, sizeof address) || listen(own, 16)) exit(1);
  return own;
}

static socklen_t fill(struct sockaddr_un *address, const char *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strncpy(address->sun_path, path, sizeof address->sun_path - 1);
  size_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] != '@');
  if (path[0] == '@') address->sun_path[0] = 0;
  return (socklen_t)size;
}

static int listen_unix(const char *path) {
  struct sockaddr_un address;
  socklen_t size = fill(&address, path);
  int own = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(own, (struct sockaddr *)&address, size) || listen(own, 16)) exit(1);
  return own;
}

static void notify(void) {
  const char *path = getenv("NOTIFY_SOCKET");
  if (!path) exit(1);
  struct sockaddr_un address;
  socklen_t size = fill(&address, path);
  int own = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (sendto(own, "READY=1", 7, 0, (struct sockaddr *)&address, size) != 7) exit(1);
}

static void serve(int listener, int http) {
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    char request[4096];
    static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    if (http && read(connection, request, sizeof request) > 0)
      (void)!write(connection, answer, sizeof answer - 1);
    close(connection);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const char *kind = argv[1], *where = argv[2];
  int milliseconds = atoi(argv[3]), listener = -1;
  struct timespec wait = {milliseconds / 1000, milliseconds % 1000 * 1000000l};
  nanosleep(&wait, NULL);
  // What one call does is noted before it, and what takes two before the second.
  long long when = now();
  if (!strcmp(kind, "line")) (void)!write(1, "ready\n", 6);
  if (!strcmp(kind, "fd")) (void)!write(atoi(where), "\n", 1);
  if (!strcmp(kind, "notify")) notify();
  if (!strcmp(kind, "file")) close(open(where, O_WRONLY | O_CREAT, 0644));
  if (!strcmp(kind, "tcp") || !strcmp(kind, "http")) listener = listen_tcp(atoi(where));
  if (!strcmp(kind, "unix")) listener = listen_unix(where);
  FILE *note = fopen(argv[4], "w");
  if (!note) return 1;
  fprintf(note, "%lld", when);
  fclose(note);
  if (listener != -1) serve(listener, !strcmp(kind, "http"));
  pause();
}
