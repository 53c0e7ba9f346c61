// Resource limits by name (getrlimit(2)): those that this system has.
#include <sys/resource.h>

#include <cmath>
#include <limits>

#include "napi_result.h"

namespace {

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
  auto resource = info[0].As<Napi::Number>().Int32Value();
#ifdef __GLIBC__
  if (getrlimit(static_cast<__rlimit_resource>(resource), &now) == -1) return info.Env().Null();
#else
  if (getrlimit(resource, &now) == -1) return info.Env().Null();
#endif
  Napi::Object limit = Napi::Object::New(info.Env());
  limit.Set("soft", number_of(info.Env(), now.rlim_cur));
  limit.Set("hard", number_of(info.Env(), now.rlim_max));
  return limit;
}

}  // namespace

void export_limits(Napi::Env env, Napi::Object exports) {
  Napi::Object names = Napi::Object::New(env);
  for (const NamedLimit &limit : kLimits) names.Set(limit.name, Napi::Number::New(env, limit.resource));
  exports.Set("limitResources", names);
  exports.Set("getLimit", Napi::Function::New(env, get_limit));
}
