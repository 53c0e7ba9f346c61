// The receiving end of sd_notify(3): an AF_UNIX datagram socket, which Node does not have, with the sender's
// credentials.
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <vector>

#include "napi_result.h"
#include "unique_fd.h"
#include "unix_address.h"
#include "watch.h"

namespace {

const napi_type_tag kTag = {0x7464616d6f6e0004, 0x6e6f746966790001};

// What systemd takes, many times over. What is longer is no notification.
constexpr size_t kMostBytes = 65536;
// SCM_MAX_FD: the kernel passes no more at once.
constexpr size_t kMostDescriptors = 253;

struct Sender {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
};

UniqueFd *unwrap(const Napi::CallbackInfo &info) {
  if (!info[0].IsExternal() || !info[0].As<Napi::External<UniqueFd>>().CheckTypeTag(&kTag)) {
    type_error(info.Env(), "socket: not a handle of a notification socket");
    return nullptr;
  }
  return info[0].As<Napi::External<UniqueFd>>().Data();
}

bool ask_for_credentials(int descriptor) {
#ifdef SO_PASSCRED
  int yes = 1;
  return setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0;
#else
  (void)descriptor;
  errno = ENOTSUP;
  return false;
#endif
}

// openNotifySocket(address): a handle, or errno.
Napi::Value open_notify_socket(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString()) return type_error(env, "openNotifySocket: takes an address");
  sockaddr_un address;
  socklen_t size = 0;
  UniqueFd own(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!own || !own.move_above(2) || !ask_for_credentials(own.get()) ||
      !fill_unix_address(info[0].As<Napi::String>().Utf8Value(), &address, &size) ||
      bind(own.get(), reinterpret_cast<sockaddr *>(&address), size) == -1)
    return Napi::Number::New(env, errno);
  auto handle = Napi::External<UniqueFd>::New(env, new UniqueFd(std::move(own)),
                                              [](Napi::Env, UniqueFd *owned) { delete owned; });
  handle.TypeTag(&kTag);
  return handle;
}

// Every descriptor that came along is closed: BARRIER=1 waits for just that, and nothing else is wanted.
Sender take_control(msghdr *header) {
  Sender sender;
  for (cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_RIGHTS) {
      size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
        int descriptor;
        memcpy(&descriptor, CMSG_DATA(part) + i * sizeof descriptor, sizeof descriptor);
        close(descriptor);
      }
    }
#ifdef SCM_CREDENTIALS
    if (part->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials;
      memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
      sender = {credentials.pid, credentials.uid};
    }
#endif
  }
  return sender;
}

// receiveNotification(socket): {content, pid, uid}; null: there is none now. A number: errno.
Napi::Value receive_notification(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  UniqueFd *own = unwrap(info);
  if (!own) return env.Undefined();
  std::vector<char> bytes(kMostBytes);
#ifdef SCM_CREDENTIALS
  constexpr size_t kCredentials = CMSG_SPACE(sizeof(ucred));
#else
  constexpr size_t kCredentials = 0;
#endif
  alignas(cmsghdr) char control[kCredentials + CMSG_SPACE(kMostDescriptors * sizeof(int))];
  iovec part = {bytes.data(), bytes.size()};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t size;
  do size = recvmsg(own->get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (size == -1 && errno == EINTR);
  if (size == -1 && errno == EAGAIN) return env.Null();
  if (size == -1) return Napi::Number::New(env, errno);
  Sender sender = take_control(&header);
  size_t length = header.msg_flags & MSG_TRUNC ? 0 : static_cast<size_t>(size);
  Napi::Object result = Napi::Object::New(env);
  result.Set("content", Napi::Buffer<char>::Copy(env, bytes.data(), length));
  result.Set("pid", Napi::Number::New(env, sender.pid));
  result.Set("uid", Napi::Number::New(env, sender.uid));
  return result;
}

// watchNotifySocket(socket, callback): called as long as there is something to receive.
Napi::Value watch_notify_socket(const Napi::CallbackInfo &info) {
  UniqueFd *own = unwrap(info);
  if (!own) return info.Env().Undefined();
  return watch_descriptor(info, own->get());
}

Napi::Value close_notify_socket(const Napi::CallbackInfo &info) {
  if (UniqueFd *own = unwrap(info)) own->reset();
  return info.Env().Undefined();
}

}  // namespace

void export_notify_socket(Napi::Env env, Napi::Object exports) {
  exports.Set("openNotifySocket", Napi::Function::New(env, open_notify_socket));
  exports.Set("receiveNotification", Napi::Function::New(env, receive_notification));
  exports.Set("watchNotifySocket", Napi::Function::New(env, watch_notify_socket));
  exports.Set("closeNotifySocket", Napi::Function::New(env, close_notify_socket));
}
