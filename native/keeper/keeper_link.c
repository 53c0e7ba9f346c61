/*
 * The way to one supervisor. Nothing here waits for it: what it does not read stays due, and while its
 * answers have no room it is not listened to.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper.h"

/* More than a socket's buffer holds: whoever goes on writing is no supervisor that has ended. */
enum { DRAIN_READS = 1024 };

struct Link links[LINKS];

static size_t index_of(const struct Link *link) { return (size_t)(link - links); }

struct Link *link_find(enum LinkState state) {
  for (size_t i = 0; i < LINKS; i++) {
    if (links[i].state == state) return &links[i];
  }
  return NULL;
}

struct Link *link_of(pid_t child) {
  for (size_t i = 0; i < LINKS; i++) {
    if (links[i].state != LINK_FREE && links[i].is_child && links[i].pid == child) return &links[i];
  }
  return NULL;
}

struct Link *link_make(enum LinkState state, pid_t pid, int fd) {
  struct Link *link = link_find(LINK_FREE);
  if (link == NULL) return NULL;
  memset(link, 0, offsetof(struct Link, out_start));
  link->out_start = link->out_size = 0;
  link->in.start = link->in.end = 0;
  link->in.skipping = false;
  link->state = state;
  link->pid = pid;
  link->is_child = true;
  link->pidfd = -1;
  link->fd = fd;
  link->logger_pid_due = true;
  link->events = EPOLLIN;
  if (!keeper_watch(fd, FROM_LINK, index_of(link), link->events)) link_close(link);
  return link;
}

static void close_descriptors(struct Link *link) {
  while (link->descriptor_count > 0) close(link->descriptors[--link->descriptor_count]);
}

void link_close(struct Link *link) {
  if (link->fd == -1) return;
  keeper_unwatch(link->fd);
  close(link->fd);
  close_descriptors(link);
  link->fd = -1;
  link->deaf = true;
  link->out_size = 0;
}

void link_free(struct Link *link) {
  link_close(link);
  if (link->pidfd != -1) {
    keeper_unwatch(link->pidfd);
    close(link->pidfd);
  }
  link->state = LINK_FREE;
}

int link_take_descriptor(struct Link *link) {
  if (link->descriptor_count == 0) return -1;
  int fd = link->descriptors[0];
  link->descriptor_count--;
  memmove(link->descriptors, link->descriptors + 1, link->descriptor_count * sizeof fd);
  return fd;
}

static void take_descriptors(struct Link *link, struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t size = part->cmsg_len - CMSG_LEN(0);
    for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
      if (link->descriptor_count == LINK_DESCRIPTORS) {
        close(fd);
      } else {
        link->descriptors[link->descriptor_count++] = fd;
      }
    }
  }
}

/* Whether something came. At its end the link is closed. */
static bool receive(struct Link *link) {
  /* The kernel closes what has no room here. */
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(LINK_DESCRIPTORS * sizeof(int))];
  struct iovec bytes = {.iov_base = NULL};
  bytes.iov_base = lines_room(&link->in, &bytes.iov_len);
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t size = recvmsg(link->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size == -1 && (errno == EAGAIN || errno == EINTR || errno == ENOMEM)) return false;
  if (size <= 0) {
    link_close(link);
    return false;
  }
  take_descriptors(link, &message);
  lines_add(&link->in, (size_t)size);
  return true;
}

/* Does what the lines say that have come. false: stopped for want of room for the answers. */
static bool take_lines(struct Link *link) {
  char *line = NULL;
  while (link->fd != -1 && link->state != LINK_DEPARTING) {
    if (!tell_has_room(link)) return false;
    enum LineFound found = lines_next(&link->in, &line);
    if (found == LINE_NONE) {
      /* What came with lines that did not want it. */
      if (!lines_partial(&link->in)) close_descriptors(link);
      return true;
    }
    if (found == LINE_TOO_LONG) {
      tell(link, "unknown", "", NULL);
    } else {
      command_do(link, line);
    }
  }
  return true;
}

/* Whether all has gone. */
static bool flush(struct Link *link) {
  while (link->out_size > 0) {
    ssize_t size = send(link->fd, link->out + link->out_start, link->out_size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size == -1 && errno == EINTR) continue;
    if (size == -1 && errno == EAGAIN) return false;
    if (size == -1) {
      link->deaf = true;
      link->out_size = 0;
      break;
    }
    link->out_start += (size_t)size;
    link->out_size -= (size_t)size;
  }
  link->out_start = 0;
  return true;
}

static void set_events(struct Link *link, unsigned events) {
  if (events == link->events) return;
  link->events = events;
  keeper_change(link->fd, FROM_LINK, index_of(link), events);
}

void link_serve(struct Link *link) {
  bool listening;
  bool told;
  bool flushed;
  do {
    if (link->fd == -1) return;
    listening = take_lines(link);
    told = tell_due(link);
    flushed = flush(link);
  } while (flushed && !(listening && told));
  if (link->fd == -1) return;
  if (link->state == LINK_DEPARTING && !link->replaced_due && (flushed || link->deaf)) {
    link_close(link);
    return;
  }
  listening = listening && link->state != LINK_DEPARTING;
  set_events(link, (listening ? (unsigned)EPOLLIN : 0) | (flushed ? 0 : (unsigned)EPOLLOUT));
}

void link_event(struct Link *link, unsigned events) {
  if (link->fd == -1) return;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    /* Nobody reads any more; what was written still counts. */
    link->deaf = true;
    link->out_size = 0;
    if (link->state == LINK_DEPARTING) link_close(link);
  }
  if (link->fd != -1 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && take_lines(link)) receive(link);
}

void link_drain(struct Link *link) {
  link->deaf = true;
  link->out_size = 0;
  if (link->state == LINK_DEPARTING) return;
  for (int reads = 0; reads < DRAIN_READS && link->fd != -1; reads++) {
    take_lines(link);
    if (link->fd != -1 && !receive(link)) break;
  }
  take_lines(link);
}
