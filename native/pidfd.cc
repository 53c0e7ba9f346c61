// pidfd_open(2) and what can be done with the result, which stands for one process and never for a later
// one with the same pid.
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "napi_result.h"
#include "os.h"
#include "unique_fd.h"
#include "watch.h"

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

// {code} or {signal}.
Napi::Value exit_status(Napi::Env env, int status) {
  Napi::Object result = Napi::Object::New(env);
  if (WIFSIGNALED(status))
    result.Set("signal", Napi::Number::New(env, WTERMSIG(status)));
  else
    result.Set("code", Napi::Number::New(env, WEXITSTATUS(status)));
  return result;
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

// watchPidfd(pidfd, callback): called when the process has ended, and again until it is unwatched.
Napi::Value watch_pidfd(const Napi::CallbackInfo &info) {
  UniqueFd *pidfd = unwrap(info);
  if (!pidfd) return info.Env().Undefined();
  return watch_descriptor(info, pidfd->get());
}

// exitOf(pidfd): what wait(2) says of it, though it is nobody's child of ours; null where the kernel does not
// say, or not yet (before its parent has reaped it).
Napi::Value exit_of(const Napi::CallbackInfo &info) {
  UniqueFd *pidfd = unwrap(info);
  if (!pidfd) return info.Env().Undefined();
  int status;
  if (!os_exit_status(pidfd->get(), &status)) return info.Env().Null();
  return exit_status(info.Env(), status);
}

// reap(pid): how a child of ours has ended; null: it has not.
Napi::Value reap(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "reap: takes a pid");
  pid_t pid = info[0].As<Napi::Number>().Int32Value();
  int status;
  if (pid < 1 || !os_has_ended(pid) || os_wait(pid, &status) != pid) return info.Env().Null();
  return exit_status(info.Env(), status);
}

// exitOfChild(pid): the same, and it stays to be reaped, by us or by who is its parent after us.
Napi::Value exit_of_child(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "exitOfChild: takes a pid");
  auto pid = static_cast<id_t>(info[0].As<Napi::Number>().Int32Value());
  siginfo_t found = {};
  if (waitid(P_PID, pid, &found, WEXITED | WNOHANG | WNOWAIT) == -1 || found.si_pid == 0)
    return info.Env().Null();
  int status = found.si_code == CLD_EXITED ? (found.si_status & 0xff) << 8 : found.si_status & 0x7f;
  return exit_status(info.Env(), status);
}

// exitNow(status): without taking Node down in good order, which takes longer than a start, and with a name
// server that does not answer minutes. For whoever holds nothing that must be given back.
Napi::Value exit_now(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "exitNow: takes a status");
  _exit(info[0].As<Napi::Number>().Int32Value());
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
  exports.Set("watchPidfd", Napi::Function::New(env, watch_pidfd));
  exports.Set("exitOf", Napi::Function::New(env, exit_of));
  exports.Set("exitOfChild", Napi::Function::New(env, exit_of_child));
  exports.Set("reap", Napi::Function::New(env, reap));
  exports.Set("exitNow", Napi::Function::New(env, exit_now));
  exports.Set("secondsSinceBoot", Napi::Function::New(env, seconds_since_boot));
  exports.Set("closePidfd", Napi::Function::New(env, close_pidfd));
}
