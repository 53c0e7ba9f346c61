// Small things that Node cannot do with pipes and sockets.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "napi_result.h"
#include "os.h"
#include "unique_fd.h"
#include "unix_address.h"

namespace {

// openPipe(above): {reader, writer}, close-on-exec, the writer's number above the one given; or errno. Both
// are the caller's to close.
Napi::Value open_pipe(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsNumber()) return type_error(env, "openPipe: takes a descriptor's number");
  int ends[2];
  if (os_pipe(ends) == -1) return Napi::Number::New(env, errno);
  UniqueFd reader(ends[0]), writer(ends[1]);
  if (!reader.move_above(2) || !writer.move_above(info[0].As<Napi::Number>().Int32Value()))
    return Napi::Number::New(env, errno);
  Napi::Object result = Napi::Object::New(env);
  result.Set("reader", Napi::Number::New(env, reader.release()));
  result.Set("writer", Napi::Number::New(env, writer.release()));
  return result;
}

// openSocketPair(): {one, other}, connected stream sockets, close-on-exec; or errno. Both are the caller's to
// close.
Napi::Value open_socket_pair(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  int ends[2];
  if (os_stream_pair(ends) == -1) return Napi::Number::New(env, errno);
  UniqueFd one(ends[0]), other(ends[1]);
  if (!one.move_above(2) || !other.move_above(9)) return Napi::Number::New(env, errno);
  Napi::Object result = Napi::Object::New(env);
  result.Set("one", Napi::Number::New(env, one.release()));
  result.Set("other", Napi::Number::New(env, other.release()));
  return result;
}

// closeDescriptor(descriptor): one of openPipe's. (To the fs module it would be nobody's, which a worker
// warns of.)
Napi::Value close_descriptor(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "closeDescriptor: takes a descriptor");
  close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

// Who listens at the other end, or has made the pair that this is of; 0: not known.
int peer_pid(int descriptor) {
#if defined(SO_PEERCRED) && defined(__linux__)
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) return peer.pid;
#elif defined(LOCAL_PEERPID)
  int pid = 0;
  socklen_t size = sizeof pid;
  if (getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERPID, &pid, &size) == 0) return pid;
#endif
  (void)descriptor;
  return 0;
}

// peerPid(descriptor) of a connected unix socket: who listens at the other end, or has made the pair; 0: not
// known.
Napi::Value peer_pid_of(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "peerPid: takes a descriptor");
  return Napi::Number::New(info.Env(), peer_pid(info[0].As<Napi::Number>().Int32Value()));
}

// connectUnix(address): {pid} of the process that accepts, 0: not known; or errno. Node 20 fills an abstract
// address up with NUL bytes, which is another one, and tells nobody its descriptors.
Napi::Value connect_unix(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString()) return type_error(env, "connectUnix: takes an address");
  sockaddr_un address;
  socklen_t size = 0;
  // A connection is there at once, or the queue is full.
  UniqueFd own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!own || !fill_unix_address(info[0].As<Napi::String>().Utf8Value(), &address, &size) ||
      connect(own.get(), reinterpret_cast<sockaddr *>(&address), size) == -1)
    return Napi::Number::New(env, errno);
  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, peer_pid(own.get())));
  return result;
}

// makeFifo(path, mode): 0 or errno. The umask of a process with threads is not ours to change.
Napi::Value make_fifo(const Napi::CallbackInfo &info) {
  if (!info[0].IsString() || !info[1].IsNumber())
    return type_error(info.Env(), "makeFifo: takes path and mode");
  std::string path = info[0].As<Napi::String>().Utf8Value();
  auto mode = static_cast<mode_t>(info[1].As<Napi::Number>().Uint32Value());
  bool made = mkfifo(path.c_str(), mode) == 0 && chmod(path.c_str(), mode) == 0;
  return Napi::Number::New(info.Env(), made ? 0 : errno);
}

// lockFile(descriptor, wait): flock(2), exclusive. 0 or errno (EWOULDBLOCK).
Napi::Value lock_file(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber() || !info[1].IsBoolean())
    return type_error(info.Env(), "lockFile: takes a descriptor, and whether to wait");
  int how = info[1].As<Napi::Boolean>().Value() ? LOCK_EX : LOCK_EX | LOCK_NB;
  int result;
  do result = flock(info[0].As<Napi::Number>().Int32Value(), how);
  while (result == -1 && errno == EINTR);
  return Napi::Number::New(info.Env(), result == -1 ? errno : 0);
}

// sendDescriptor(socket, text, descriptor): in one message (unix(7), SCM_RIGHTS). 0 or errno.
Napi::Value send_descriptor(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber() || !info[1].IsString() || !info[2].IsNumber())
    return type_error(info.Env(), "sendDescriptor: takes socket, text and descriptor");
  int socket = info[0].As<Napi::Number>().Int32Value(), sent = info[2].As<Napi::Number>().Int32Value();
  std::string text = info[1].As<Napi::String>().Utf8Value();
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof sent)] = {};
  iovec part = {text.data(), text.size()};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr *rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof sent);
  memcpy(CMSG_DATA(rights), &sent, sizeof sent);
  pollfd writable = {socket, POLLOUT, 0};
  ssize_t size;
  do size = sendmsg(socket, &header, os_send_flags);
  while (size == -1 && (errno == EINTR || (errno == EAGAIN && poll(&writable, 1, -1) >= 0)));
  int error = size == -1 ? errno : size == static_cast<ssize_t>(text.size()) ? 0 : EMSGSIZE;
  return Napi::Number::New(info.Env(), error);
}

// A descriptor for JavaScript, or errno.
Napi::Value descriptor_or_errno(Napi::Env env, UniqueFd *own, bool succeeded) {
  return Napi::Number::New(env, succeeded ? own->release() : -errno);
}

constexpr int kBacklog = 4096;  // The kernel takes less of it where somaxconn is lower.

// listenUnix(path, mode): a listening socket, or -errno. Its file never has more permissions than mode, not
// even for a moment: it gets those of the socket (bind(2) of Linux).
Napi::Value listen_unix(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsNumber()) return type_error(env, "listenUnix: takes path and mode");
  std::string path = info[0].As<Napi::String>().Utf8Value();
  auto mode = static_cast<mode_t>(info[1].As<Napi::Number>().Uint32Value());
  sockaddr_un address;
  socklen_t size = 0;
  UniqueFd own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return descriptor_or_errno(env, &own,
                             own && own.move_above(2) && fchmod(own.get(), mode) == 0 &&
                                 fill_unix_address(path, &address, &size) &&
                                 bind(own.get(), reinterpret_cast<sockaddr *>(&address), size) == 0 &&
                                 listen(own.get(), kBacklog) == 0);
}

bool fill_inet_address(const std::string &host, uint16_t port, sockaddr_storage *address, socklen_t *size) {
  *address = {};
  auto *four = reinterpret_cast<sockaddr_in *>(address);
  auto *six = reinterpret_cast<sockaddr_in6 *>(address);
  if (inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    *size = sizeof *four;
    return true;
  }
  if (inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    *size = sizeof *six;
    return true;
  }
  errno = EINVAL;
  return false;
}

bool may_be_used_again(int descriptor) {
  int yes = 1;
  return setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0;
}

// listenTcp(address, port): a listening socket, or -errno. For `::` of both protocols. Unlike Node's own it
// can be given to another process.
Napi::Value listen_tcp(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsNumber()) return type_error(env, "listenTcp: takes address and port");
  auto port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  sockaddr_storage address;
  socklen_t size = 0;
  if (!fill_inet_address(info[0].As<Napi::String>().Utf8Value(), port, &address, &size))
    return Napi::Number::New(env, -errno);
  UniqueFd own(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return descriptor_or_errno(env, &own,
                             own && own.move_above(2) && may_be_used_again(own.get()) &&
                                 bind(own.get(), reinterpret_cast<sockaddr *>(&address), size) == 0 &&
                                 listen(own.get(), kBacklog) == 0);
}

}  // namespace

void export_descriptors(Napi::Env env, Napi::Object exports) {
  exports.Set("openPipe", Napi::Function::New(env, open_pipe));
  exports.Set("openSocketPair", Napi::Function::New(env, open_socket_pair));
  exports.Set("closeDescriptor", Napi::Function::New(env, close_descriptor));
  exports.Set("makeFifo", Napi::Function::New(env, make_fifo));
  exports.Set("lockFile", Napi::Function::New(env, lock_file));
  exports.Set("sendDescriptor", Napi::Function::New(env, send_descriptor));
  exports.Set("listenUnix", Napi::Function::New(env, listen_unix));
  exports.Set("listenTcp", Napi::Function::New(env, listen_tcp));
  exports.Set("peerPid", Napi::Function::New(env, peer_pid_of));
  exports.Set("connectUnix", Napi::Function::New(env, connect_unix));
}
