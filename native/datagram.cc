// The sending end of an AF_UNIX datagram socket, which Node does not have: for the system's log.
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "napi_result.h"
#include "os.h"
#include "unique_fd.h"
#include "unix_address.h"

namespace {

const napi_type_tag kTag = {0x7464616d6f6e0005, 0x6461746167720001};

UniqueFd *unwrap(const Napi::CallbackInfo &info) {
  if (!info[0].IsExternal() || !info[0].As<Napi::External<UniqueFd>>().CheckTypeTag(&kTag)) {
    type_error(info.Env(), "socket: not a handle of a datagram socket");
    return nullptr;
  }
  return info[0].As<Napi::External<UniqueFd>>().Data();
}

// connectDatagram(address): a handle, or errno.
Napi::Value connect_datagram(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString()) return type_error(env, "connectDatagram: takes an address");
  sockaddr_un address;
  socklen_t size = 0;
  UniqueFd own(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!own || !own.move_above(2) ||
      !fill_unix_address(info[0].As<Napi::String>().Utf8Value(), &address, &size) ||
      connect(own.get(), reinterpret_cast<sockaddr *>(&address), size) == -1)
    return Napi::Number::New(env, errno);
  auto handle = Napi::External<UniqueFd>::New(env, new UniqueFd(std::move(own)),
                                              [](Napi::Env, UniqueFd *owned) { delete owned; });
  handle.TypeTag(&kTag);
  return handle;
}

// sendDatagram(socket, content): 0 or errno; EAGAIN: whoever receives it has too many already.
Napi::Value send_datagram(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  UniqueFd *own = unwrap(info);
  if (!own) return env.Undefined();
  if (!info[1].IsBuffer()) return type_error(env, "sendDatagram: takes a socket and a buffer");
  auto content = info[1].As<Napi::Buffer<char>>();
  ssize_t size;
  do size = send(own->get(), content.Data(), content.Length(), os_send_flags | MSG_DONTWAIT);
  while (size == -1 && errno == EINTR);
  return Napi::Number::New(env, size == -1 ? errno : 0);
}

Napi::Value close_datagram(const Napi::CallbackInfo &info) {
  if (UniqueFd *own = unwrap(info)) own->reset();
  return info.Env().Undefined();
}

}  // namespace

void export_datagram(Napi::Env env, Napi::Object exports) {
  exports.Set("connectDatagram", Napi::Function::New(env, connect_datagram));
  exports.Set("sendDatagram", Napi::Function::New(env, send_datagram));
  exports.Set("closeDatagram", Napi::Function::New(env, close_datagram));
}
