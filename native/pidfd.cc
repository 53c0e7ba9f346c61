// pidfd_open(2) and what can be done with the result, which stands for one process and never for a later
// one with the same pid.
#include <errno.h>
#include <poll.h>

#include <thread>

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

// One wait, in a thread of its own: libuv's pool has four, which the host needs for its files.
class EndWait {
 public:
  // A promise of whether the process has ended in time.
  static Napi::Value start(Napi::Env env, UniqueFd pidfd, int timeout) {
    auto *wait = new EndWait(env, std::move(pidfd), timeout);
    Napi::Promise promise = wait->promise_.Promise();
    auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo &) {});
    wait->settle_ = Napi::ThreadSafeFunction::New(env, nothing, "tdaemon: wait for a process", 0, 1);
    std::thread(&EndWait::run, wait).detach();
    return promise;
  }

 private:
  EndWait(Napi::Env env, UniqueFd pidfd, int timeout)
      : pidfd_(std::move(pidfd)), timeout_(timeout), promise_(env) {}

  void run() {
    pollfd state = {pidfd_.get(), POLLIN, 0};
    int ready;
    do ready = poll(&state, 1, timeout_);
    while (ready == -1 && errno == EINTR);
    ended_ = ready == 1;
    // settle deletes this object, so keep what is needed after it.
    Napi::ThreadSafeFunction settle = settle_;
    settle.BlockingCall(this, [](Napi::Env env, Napi::Function, EndWait *wait) {
      if (env) wait->promise_.Resolve(Napi::Boolean::New(env, wait->ended_));
      delete wait;
    });
    settle.Release();
  }

  UniqueFd pidfd_;  // its own: the caller may close the handle meanwhile
  int timeout_;
  bool ended_ = false;
  Napi::Promise::Deferred promise_;
  Napi::ThreadSafeFunction settle_;
};

// waitForEnd(pidfd, milliseconds): a promise of whether it has ended by then. -1: however long it takes.
Napi::Value wait_for_end(const Napi::CallbackInfo &info) {
  UniqueFd *pidfd = unwrap(info);
  if (!pidfd) return info.Env().Undefined();
  if (!info[1].IsNumber()) return type_error(info.Env(), "waitForEnd: takes milliseconds");
  int timeout = info[1].As<Napi::Number>().Int32Value();
  return EndWait::start(info.Env(), UniqueFd(fcntl(pidfd->get(), F_DUPFD_CLOEXEC, 3)), timeout);
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
