// Resource limits by name (getrlimit(2)): those that this system has.
#include <errno.h>
#include <sys/resource.h>

#include <cmath>
#include <limits>

#include "napi_result.h"

namespace {

#ifdef __GLIBC__
using Resource = __rlimit_resource;  // to this C library alone it is no int
#else
using Resource = int;
#endif

struct NamedLimit {
  const char *name;
  int resource;
};

constexpr NamedLimit kLimits[] = {
    {"as", RLIMIT_AS},         {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},     {"fsize", RLIMIT_FSIZE},       {"memlock", RLIMIT_MEMLOCK},
    {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},       {"rss", RLIMIT_RSS},
    {"stack", RLIMIT_STACK},
#ifdef __linux__
    {"locks", RLIMIT_LOCKS},   {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
    {"rtprio", RLIMIT_RTPRIO}, {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
#endif
};

Napi::Value number_of(Napi::Env env, rlim_t value) {
  double number =
      value == RLIM_INFINITY ? std::numeric_limits<double>::infinity() : static_cast<double>(value);
  return Napi::Number::New(env, number);
}

Napi::Value get_limit(const Napi::CallbackInfo &info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "resource: not a number");
  struct rlimit now;
  auto resource = static_cast<Resource>(info[0].As<Napi::Number>().Int32Value());
  if (getrlimit(resource, &now) == -1) return info.Env().Null();
  Napi::Object limit = Napi::Object::New(info.Env());
  limit.Set("soft", number_of(info.Env(), now.rlim_cur));
  limit.Set("hard", number_of(info.Env(), now.rlim_max));
  return limit;
}

#ifdef __linux__
rlim_t limit_of(double value) {
  // 2^53 is beyond every real limit, and Infinity says unlimited.
  return value > 9007199254740991.0 ? RLIM_INFINITY : static_cast<rlim_t>(value);
}
#endif

// setLimitOf(pid, resource, soft, hard | undefined): 0 or errno (prlimit(2)). Without a hard limit it stays,
// and is raised where the soft one lies above it.
Napi::Value set_limit_of(const Napi::CallbackInfo &info) {
  for (size_t i = 0; i < 3; i++)
    if (!info[i].IsNumber()) return type_error(info.Env(), "setLimitOf: takes pid, resource, soft and hard");
#ifdef __linux__
  auto pid = static_cast<pid_t>(info[0].As<Napi::Number>().Int32Value());
  auto resource = static_cast<Resource>(info[1].As<Napi::Number>().Int32Value());
  struct rlimit limit;
  if (prlimit(pid, resource, nullptr, &limit) == -1) return Napi::Number::New(info.Env(), errno);
  limit.rlim_cur = limit_of(info[2].As<Napi::Number>().DoubleValue());
  if (info[3].IsNumber()) limit.rlim_max = limit_of(info[3].As<Napi::Number>().DoubleValue());
  if (limit.rlim_max < limit.rlim_cur) limit.rlim_max = limit.rlim_cur;
  return Napi::Number::New(info.Env(), prlimit(pid, resource, &limit, nullptr) == -1 ? errno : 0);
#else
  return Napi::Number::New(info.Env(), ENOSYS);
#endif
}

}  // namespace

void export_limits(Napi::Env env, Napi::Object exports) {
  Napi::Object names = Napi::Object::New(env);
  for (const NamedLimit &limit : kLimits) names.Set(limit.name, Napi::Number::New(env, limit.resource));
  exports.Set("limitResources", names);
  exports.Set("getLimit", Napi::Function::New(env, get_limit));
  exports.Set("setLimitOf", Napi::Function::New(env, set_limit_of));
}
