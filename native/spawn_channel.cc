#include "spawn_channel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

bool SpawnChannel::open(int most) {
  int ends[2];
  if (os_channel(ends) == -1) return false;
  reader = UniqueFd(ends[0]);
  writer = UniqueFd(ends[1]);
  return reader.move_above(most) && writer.move_above(most);
}

// The user that the child has become may stop it, and must not thereby stop us.
void await_message(int channel, pid_t child) {
  constexpr int kLookMs = 1000;
  pollfd silent = {channel, POLLIN, 0};
  for (;;) {
    int ready = poll(&silent, 1, kLookMs);
    if (ready == 0 && os_is_stopped(child)) kill(child, SIGKILL);
    if (ready > 0 || (ready == -1 && errno != EINTR)) return;
  }
}

bool receive_message(int channel, SpawnMessage *message, UniqueFd *passed) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  iovec part = {message, sizeof *message};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
#ifdef MSG_CMSG_CLOEXEC
  constexpr int flags = MSG_CMSG_CLOEXEC;
#else
  constexpr int flags = 0;
#endif
  ssize_t size;
  do size = recvmsg(channel, &header, flags | MSG_WAITALL);
  while (size == -1 && errno == EINTR);
  if (size != static_cast<ssize_t>(sizeof *message)) return false;
  for (cmsghdr *rights = CMSG_FIRSTHDR(&header); rights; rights = CMSG_NXTHDR(&header, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
    *passed = UniqueFd(descriptor);
  }
  return true;
}
