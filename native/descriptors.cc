// Small things that Node cannot do with pipes and sockets.
#include <errno.h>
#include <sys/socket.h>
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

// closeDescriptor(descriptor): one of openPipe's. (To the fs module it would be nobody's, which a worker
// warns of.)
Napi::Value close_descriptor(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "closeDescriptor: takes a descriptor");
  close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

// Who listens at the other end; 0: not known.
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

}  // namespace

void export_descriptors(Napi::Env env, Napi::Object exports) {
  exports.Set("openPipe", Napi::Function::New(env, open_pipe));
  exports.Set("closeDescriptor", Napi::Function::New(env, close_descriptor));
  exports.Set("connectUnix", Napi::Function::New(env, connect_unix));
}
