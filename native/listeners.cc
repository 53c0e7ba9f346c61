// Sockets that listen already, as plain descriptors: Node's own would accept on them, too.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "napi_result.h"
#include "trusted_directory.h"
#include "unique_fd.h"
#include "unix_address.h"

namespace {

constexpr uid_t kUnchanged = static_cast<uid_t>(-1);

// {errno, syscall}: which step was refused, and why.
Napi::Object refused(Napi::Env env, const char *syscall, int error = errno) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("errno", Napi::Number::New(env, error));
  result.Set("syscall", syscall);
  return result;
}

Napi::Object given(Napi::Env env, UniqueFd descriptor) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("descriptor", Napi::Number::New(env, descriptor.release()));
  return result;
}

bool set(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

// A blocking one, as systemd passes them: programs that want another set it themselves.
UniqueFd open_socket(int family) {
  UniqueFd own(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (own) own.move_above(2);
  return own;
}

// openTcpListener(address, port, backlog): {descriptor}, or {errno, syscall}. The address is a number; `::`
// means IPv4 too.
Napi::Value open_tcp_listener(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsNumber() || !info[2].IsNumber())
    return type_error(env, "openTcpListener: takes address, port and backlog");
  std::string host = info[0].As<Napi::String>().Utf8Value();
  std::string port = std::to_string(info[1].As<Napi::Number>().Uint32Value());
  addrinfo hints = {}, *found = nullptr;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0)
    return refused(env, "getaddrinfo", EINVAL);
  bool six = found->ai_family == AF_INET6;
  UniqueFd own = open_socket(found->ai_family);
  const char *step = "socket";
  int error = own ? 0 : errno;
  // Whoever restarts must not wait for what is left of old connections.
  if (own && (!set(own.get(), SOL_SOCKET, SO_REUSEADDR, 1) ||
              (six && !set(own.get(), IPPROTO_IPV6, IPV6_V6ONLY, host != "::")))) {
    step = "setsockopt";
    error = errno;
  } else if (own && bind(own.get(), found->ai_addr, found->ai_addrlen) == -1) {
    step = "bind";
    error = errno;
  }
  freeaddrinfo(found);
  if (error != 0) return refused(env, step, error);
  // Only here do two sockets with SO_REUSEADDR meet.
  if (listen(own.get(), info[2].As<Napi::Number>().Int32Value()) == -1) return refused(env, "listen");
  return given(env, std::move(own));
}

struct Where {
  std::string path;
  Location found;
  sockaddr_un address;
  socklen_t size = 0;
};

bool find(Where *where, uid_t user) {
  where->found = locate(where->path, user, false);
  errno = where->found.error;
  return errno == 0 && fill_unix_address(where->path, &where->address, &where->size);
}

bool look(const Where &where, struct stat *file) {
  return fstatat(where.found.directory.get(), where.found.name.c_str(), file, AT_SYMLINK_NOFOLLOW) == 0;
}

// A socket file that nobody accepts at is a leftover. Whatever else is there stays: EADDRINUSE.
bool remove_leftover(const Where &where) {
  struct stat file;
  if (!look(where, &file)) return errno == ENOENT;
  UniqueFd caller(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!caller) return false;
  bool dead = S_ISSOCK(file.st_mode) &&
              connect(caller.get(), reinterpret_cast<const sockaddr *>(&where.address), where.size) == -1 &&
              errno == ECONNREFUSED;
  if (!dead) {
    errno = EADDRINUSE;
    return false;
  }
  return unlinkat(where.found.directory.get(), where.found.name.c_str(), 0) == 0 || errno == ENOENT;
}

// The file that bind(2) has made, and no other that somebody has put in its place: ours, a socket, one link.
bool is_own(const struct stat &file) {
  return S_ISSOCK(file.st_mode) && file.st_uid == geteuid() && file.st_nlink == 1;
}

bool give_away(const Where &where, uid_t uid, gid_t gid, mode_t mode, struct stat *file) {
  int directory = where.found.directory.get();
  const char *name = where.found.name.c_str();
#ifdef O_PATH
  UniqueFd own(openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!own || fstat(own.get(), file) == -1) return false;
  char path[32];
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", own.get());
  bool owned = is_own(*file);
  if (owned && chmod(path, mode) == -1) return false;
  bool done = !owned || fchownat(own.get(), "", uid, gid, AT_EMPTY_PATH) == 0;
#else
  if (!look(where, file)) return false;
  bool owned = is_own(*file);
  if (owned && fchmodat(directory, name, mode, AT_SYMLINK_NOFOLLOW) == -1) return false;
  bool done = !owned || fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0;
#endif
  if (!owned) errno = EPERM;
  return owned && done;
}

// openUnixListener(path, backlog, mode, uid, gid): {descriptor, device, inode}, or {errno, syscall}. It
// listens only when mode and owner are right; an id of -1 stays what it is.
Napi::Value open_unix_listener(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsNumber() || !info[2].IsNumber() || !info[3].IsNumber() ||
      !info[4].IsNumber())
    return type_error(env, "openUnixListener: takes path, backlog, mode, uid and gid");
  auto number = [&](size_t at) { return info[at].As<Napi::Number>().Int64Value(); };
  auto mode = static_cast<mode_t>(number(2));
  auto uid = static_cast<uid_t>(number(3));
  auto gid = static_cast<gid_t>(number(4));
  Where where;
  where.path = info[0].As<Napi::String>().Utf8Value();
  if (!find(&where, uid == kUnchanged ? geteuid() : uid)) return refused(env, "open");
  UniqueFd own = open_socket(AF_UNIX);
  if (!own) return refused(env, "socket");
#ifdef __linux__
  // The file begins with this, less the umask: never open to more than are meant.
  if (fchmod(own.get(), mode & 0600) == -1) return refused(env, "fchmod");
#endif
  if (!remove_leftover(where)) return refused(env, "bind");
  if (bind(own.get(), reinterpret_cast<const sockaddr *>(&where.address), where.size) == -1)
    return refused(env, "bind");
  struct stat file;
  if (!give_away(where, uid, gid, mode, &file)) return refused(env, "chown");
  if (listen(own.get(), static_cast<int>(number(1))) == -1) return refused(env, "listen");
  Napi::Object result = given(env, std::move(own));
  result.Set("device", Napi::BigInt::New(env, static_cast<uint64_t>(file.st_dev)));
  result.Set("inode", Napi::BigInt::New(env, static_cast<uint64_t>(file.st_ino)));
  return result;
}

// removeUnixListener(path, device, inode): the file of one, if it is that one still. 0 or errno.
Napi::Value remove_unix_listener(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsBigInt() || !info[2].IsBigInt())
    return type_error(env, "removeUnixListener: takes path, device and inode");
  bool exact = false;
  uint64_t device = info[1].As<Napi::BigInt>().Uint64Value(&exact);
  uint64_t inode = info[2].As<Napi::BigInt>().Uint64Value(&exact);
  Where where;
  where.path = info[0].As<Napi::String>().Utf8Value();
  struct stat file;
  if (!find(&where, geteuid()) || !look(where, &file)) return Napi::Number::New(env, errno);
  bool same = S_ISSOCK(file.st_mode) && static_cast<uint64_t>(file.st_dev) == device &&
              static_cast<uint64_t>(file.st_ino) == inode;
  bool gone = same && unlinkat(where.found.directory.get(), where.found.name.c_str(), 0) == 0;
  return Napi::Number::New(env, gone ? 0 : same ? errno : ESTALE);
}

// markCloseOnExec(descriptor): of one that was inherited. 0 or errno.
Napi::Value mark_close_on_exec(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "markCloseOnExec: takes a descriptor");
  int result = fcntl(info[0].As<Napi::Number>().Int32Value(), F_SETFD, FD_CLOEXEC);
  return Napi::Number::New(info.Env(), result == -1 ? errno : 0);
}

}  // namespace

void export_listeners(Napi::Env env, Napi::Object exports) {
  exports.Set("openTcpListener", Napi::Function::New(env, open_tcp_listener));
  exports.Set("openUnixListener", Napi::Function::New(env, open_unix_listener));
  exports.Set("removeUnixListener", Napi::Function::New(env, remove_unix_listener));
  exports.Set("markCloseOnExec", Napi::Function::New(env, mark_close_on_exec));
}
