// pidfd_open(2) and what can be done with the result, which stands for one process and never for a later
// one with the same pid.
#include <errno.h>
#include <poll.h>

#include "napi_result.h"
#include "os.h"
#include "unique_fd.h"

namespace {

const napi_type_tag kTag = {0x7464616d6f6e0001, 0x7069646664000001};

UniqueFd *unwrap(const Napi::CallbackInfo &info) {
  if (info.Length() < 1 || !info[0].IsExternal() ||
      !info[0].As<Napi::External<UniqueFd>>().CheckTypeTag(&kTag)) {
    type_error(info.Env(), "pidfd: not a handle of a process");
    return nullptr;
  }
  return info[0].As<Napi::External<UniqueFd>>().Data();
}

Napi::Value open_pidfd(const Napi::CallbackInfo &info) {
  int32_t pid = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : 0;
  if (pid < 1) return type_error(info.Env(), "pid: not a positive integer");
  int pidfd = os_pidfd_open(pid);
  if (pidfd == -1) return Napi::Number::New(info.Env(), errno);
  return wrap_pidfd(info.Env(), pidfd);
}

Napi::Value has_ended(const Napi::CallbackInfo &info) {
  UniqueFd *pidfd = unwrap(info);
  if (!pidfd) return info.Env().Undefined();
  pollfd state = {pidfd->get(), POLLIN, 0};
  return Napi::Boolean::New(info.Env(), poll(&state, 1, 0) == 1);
}

Napi::Value close_pidfd(const Napi::CallbackInfo &info) {
  if (UniqueFd *pidfd = unwrap(info)) pidfd->reset();
  return info.Env().Undefined();
}

}  // namespace

Napi::Value wrap_pidfd(Napi::Env env, int pidfd) {
  auto handle = Napi::External<UniqueFd>::New(env, new UniqueFd(pidfd),
                                              [](Napi::Env, UniqueFd *owned) { delete owned; });
  handle.TypeTag(&kTag);
  return handle;
}

void export_pidfd(Napi::Env env, Napi::Object exports) {
  exports.Set("openPidfd", Napi::Function::New(env, open_pidfd));
  exports.Set("hasEnded", Napi::Function::New(env, has_ended));
  exports.Set("closePidfd", Napi::Function::New(env, close_pidfd));
}
