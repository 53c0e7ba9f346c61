/* Who speaks to the logger: normally one supervisor, while another takes over two, and at times nobody. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "logger_parts.h"
#include "words.h"

enum {
  MOST_CONNECTIONS = 16,
  UNREAD_MOST = 64 * 1024,       /* answers that somebody may have waiting before no more is read from them */
  FORGOTTEN_AT = 4 * 1024 * 1024 /* and before we hang up */
};

struct Connection {
  struct Connection *next;
  unsigned number;
  int descriptor;
  uint32_t events;
  bool is_over;
  char *answers;
  size_t begin, end, room;
  struct LineReader reader;
};

static struct Connection *all;
static int listening = -1, epoll = -1, reserve = -1;
static unsigned count, last_number;

static void listen_for(uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = &listening};
  epoll_ctl(epoll, EPOLL_CTL_MOD, listening, &event);
}

void connections_open(int listener, int poll) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listening};
  listening = listener;
  epoll = poll;
  int flags = fcntl(listener, F_GETFL);
  if (flags != -1) (void)fcntl(listener, F_SETFL, flags | O_NONBLOCK);
  (void)fcntl(listener, F_SETFD, FD_CLOEXEC);
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Whoever waits must not keep us awake: with no descriptor left it is turned away. */
static void turn_away(void) {
  if (reserve != -1) close(reserve);
  int descriptor = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  if (descriptor != -1) close(descriptor);
  reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* The socket is in a directory of ours; this is for the day when it is not. */
static bool is_trusted(int descriptor) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

static void accept_one(void) {
  int descriptor = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor == -1) {
    if (errno == EMFILE || errno == ENFILE) turn_away();
    return;
  }
  struct Connection *connection = allocate(sizeof *connection);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  connection->descriptor = descriptor;
  connection->events = EPOLLIN;
  if (!is_trusted(descriptor) || epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == -1) {
    close(descriptor);
    free(connection);
    return;
  }
  if (++last_number == EVERYBODY) last_number++;
  connection->number = last_number;
  connection->next = all;
  all = connection;
  if (++count == MOST_CONNECTIONS) listen_for(0);
}

static void read_some(struct Connection *connection) {
  size_t room;
  char *to = lines_room(&connection->reader, &room), *line;
  ssize_t got = read(connection->descriptor, to, room);
  if (got == -1 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    connection->is_over = true;
    return;
  }
  lines_add(&connection->reader, (size_t)got);
  for (enum LineFound found; (found = lines_next(&connection->reader, &line)) != LINE_NONE;)
    command(connection->number, found == LINE_WHOLE ? line : NULL);
}

static void send_some(struct Connection *connection) {
  while (connection->begin < connection->end) {
    ssize_t sent = send(connection->descriptor, connection->answers + connection->begin,
                        connection->end - connection->begin, MSG_NOSIGNAL);
    if (sent == -1 && errno == EINTR) continue;
    if (sent == -1) {
      if (errno != EAGAIN) connection->is_over = true;
      return;
    }
    connection->begin += (size_t)sent;
  }
  free(connection->answers);
  connection->answers = NULL;
  connection->begin = connection->end = connection->room = 0;
}

void connections_event(void *source, unsigned events) {
  if (source == &listening) {
    accept_one();
    return;
  }
  struct Connection *connection = source;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_some(connection);
}

static void say_to(struct Connection *connection, const char *line, size_t size) {
  if (connection->is_over) return;
  if (connection->room - connection->end < size) {
    size_t room = connection->room == 0 ? 512 : connection->room * 2;
    while (room - connection->end < size) room *= 2;
    char *more = room <= FORGOTTEN_AT ? realloc(connection->answers, room) : NULL;
    if (more == NULL) {
      connection->is_over = true;
      return;
    }
    connection->answers = more;
    connection->room = room;
  }
  memcpy(connection->answers + connection->end, line, size);
  connection->end += size;
}

void connections_say(unsigned number, const char *line, size_t size) {
  for (struct Connection *connection = all; connection != NULL; connection = connection->next)
    if (number == EVERYBODY || connection->number == number) say_to(connection, line, size);
}

static void watch(struct Connection *connection) {
  size_t unread = connection->end - connection->begin;
  uint32_t events = (unread < UNREAD_MOST ? (uint32_t)EPOLLIN : 0) | (unread > 0 ? (uint32_t)EPOLLOUT : 0);
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (connection->events == events) return;
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, connection->descriptor, &event) == 0) connection->events = events;
}

void connections_send(void) {
  for (struct Connection **at = &all; *at != NULL;) {
    struct Connection *connection = *at;
    if (!connection->is_over) send_some(connection);
    if (!connection->is_over) {
      watch(connection);
      at = &connection->next;
      continue;
    }
    *at = connection->next;
    close(connection->descriptor);
    free(connection->answers);
    free(connection);
    if (count-- == MOST_CONNECTIONS) listen_for(EPOLLIN);
  }
}
