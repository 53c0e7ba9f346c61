// Addresses of unix sockets.
#ifndef TDAEMON_UNIX_ADDRESS_H
#define TDAEMON_UNIX_ADDRESS_H

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#define SOCK_NONBLOCK 0
#endif
#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

// unix(7): a leading '@' stands for the NUL byte of an abstract address.
inline bool fill_unix_address(const std::string &name, sockaddr_un *address, socklen_t *size) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  memcpy(address->sun_path, name.data(), name.size());
  bool abstract = name[0] == '@';
  if (abstract) address->sun_path[0] = '\0';
  *size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
  return true;
}

#endif
