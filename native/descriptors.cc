// Two small things that Node cannot do with descriptors.
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "napi_result.h"
#include "os.h"
#include "unique_fd.h"

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

// closeDescriptor(descriptor): one of openPipe's. (To the fs module it would be nobody's, which a worker warns of.)
Napi::Value close_descriptor(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "closeDescriptor: takes a descriptor");
  close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

// peerPid(descriptor): which process listens at the other end of a connected unix socket; 0: not known.
Napi::Value peer_pid(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsNumber()) return type_error(env, "peerPid: takes a descriptor");
  int descriptor = info[0].As<Napi::Number>().Int32Value();
  int pid = 0;
#if defined(SO_PEERCRED) && defined(__linux__)
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) pid = peer.pid;
#elif defined(LOCAL_PEERPID)
  socklen_t size = sizeof pid;
  if (getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERPID, &pid, &size) != 0) pid = 0;
#else
  (void)descriptor;
#endif
  return Napi::Number::New(env, pid);
}

}  // namespace

void export_descriptors(Napi::Env env, Napi::Object exports) {
  exports.Set("openPipe", Napi::Function::New(env, open_pipe));
  exports.Set("closeDescriptor", Napi::Function::New(env, close_descriptor));
  exports.Set("peerPid", Napi::Function::New(env, peer_pid));
}
