// Small shapes that cross to JavaScript. Native throws nothing but TypeError.
#ifndef TDAEMON_NAPI_RESULT_H
#define TDAEMON_NAPI_RESULT_H

#include <napi.h>

#include <string>

inline Napi::Object failure(Napi::Env env, const char *stage, int error, const std::string &reason) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ok", false);
  result.Set("stage", stage);
  result.Set("errno", error);
  if (!reason.empty()) result.Set("reason", reason);
  return result;
}

inline Napi::Value type_error(Napi::Env env, const std::string &message) {
  Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
  return env.Undefined();
}

// A descriptor behind an opaque value: JavaScript cannot close a number twice.
Napi::Value wrap_pidfd(Napi::Env env, int pidfd);

void export_spawn(Napi::Env env, Napi::Object exports);
void export_pidfile(Napi::Env env, Napi::Object exports);
void export_pidfd(Napi::Env env, Napi::Object exports);
void export_watch(Napi::Env env, Napi::Object exports);
void export_notify_socket(Napi::Env env, Napi::Object exports);
void export_datagram(Napi::Env env, Napi::Object exports);
void export_descriptors(Napi::Env env, Napi::Object exports);
void export_listeners(Napi::Env env, Napi::Object exports);
void export_accounts(Napi::Env env, Napi::Object exports);
void export_limits(Napi::Env env, Napi::Object exports);
void export_raw_arguments(Napi::Env env, Napi::Object exports);

#endif
