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

// signalPidfd(pidfd, signal): 0 or errno.
Napi::Value signal_pidfd(const Napi::CallbackInfo &info) {
  UniqueFd *pidfd = unwrap(info);
  if (!pidfd) return info.Env().Undefined();
  if (!info[1].IsNumber()) return type_error(info.Env(), "signalPidfd: takes a signal's number");
  int result = os_pidfd_signal(pidfd->get(), info[1].As<Napi::Number>().Int32Value());
  return Napi::Number::New(info.Env(), result == -1 ? errno : 0);
}

// Waits in a thread of libuv's pool, so that the end is known when it comes and not when somebody looks.
class EndWaiter : public Napi::AsyncWorker {
 public:
  EndWaiter(Napi::Env env, int pidfd, int timeout)
      : Napi::AsyncWorker(env), pidfd_(pidfd), timeout_(timeout), promise_(env) {}
  Napi::Promise promise() const { return promise_.Promise(); }

 protected:
  void Execute() override {
    pollfd state = {pidfd_.get(), POLLIN, 0};
    int ready;
    do ready = poll(&state, 1, timeout_);
    while (ready == -1 && errno == EINTR);
    ended_ = ready == 1;
  }
  void OnOK() override { promise_.Resolve(Napi::Boolean::New(Env(), ended_)); }

 private:
  UniqueFd pidfd_;  // its own: the caller may close the handle meanwhile
  int timeout_;
  bool ended_ = false;
  Napi::Promise::Deferred promise_;
};

// waitForEnd(pidfd, milliseconds): a promise of whether it has ended by then. -1: however long it takes.
Napi::Value wait_for_end(const Napi::CallbackInfo &info) {
  UniqueFd *pidfd = unwrap(info);
  if (!pidfd) return info.Env().Undefined();
  if (!info[1].IsNumber()) return type_error(info.Env(), "waitForEnd: takes milliseconds");
  int timeout = info[1].As<Napi::Number>().Int32Value();
  auto *waiter = new EndWaiter(info.Env(), fcntl(pidfd->get(), F_DUPFD_CLOEXEC, 3), timeout);
  Napi::Promise promise = waiter->promise();
  waiter->Queue();  // deletes itself
  return promise;
}

Napi::Value close_pidfd(const Napi::CallbackInfo &info) {
  if (UniqueFd *pidfd = unwrap(info)) pidfd->reset();
  return info.Env().Undefined();
}

Napi::Value seconds_since_boot(const Napi::CallbackInfo &info) {
  return Napi::Number::New(info.Env(), os_seconds_since_boot());
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
  exports.Set("signalPidfd", Napi::Function::New(env, signal_pidfd));
  exports.Set("waitForEnd", Napi::Function::New(env, wait_for_end));
  exports.Set("secondsSinceBoot", Napi::Function::New(env, seconds_since_boot));
  exports.Set("closePidfd", Napi::Function::New(env, close_pidfd));
}
