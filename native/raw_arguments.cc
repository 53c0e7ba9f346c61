// Arguments and environment as the bytes they are: Node replaces invalid UTF-8 in process.argv and
// process.env.
#include <fcntl.h>
#include <string.h>

#include <string>

#include "napi_result.h"
#include "os.h"
#include "unique_fd.h"

extern "C" char **environ;

namespace {

Napi::Value arguments(const Napi::CallbackInfo &info) {
  UniqueFd file(open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  if (!file) return info.Env().Null();
  std::string all;
  char part[16384];
  for (;;) {
    ssize_t size = read(file.get(), part, sizeof part);
    if (size < 0) return info.Env().Null();
    if (size == 0) break;
    all.append(part, static_cast<size_t>(size));
  }
  Napi::Array list = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (size_t at = 0; at < all.size();) {
    size_t length = strnlen(all.data() + at, all.size() - at);
    list.Set(count++, Napi::Buffer<char>::Copy(info.Env(), all.data() + at, length));
    at += length + 1;
  }
  return list;
}

// As in memory: each entry ends with a NUL byte. Null in a worker thread, which has a process.env of its own.
// (node:worker_threads would know too, but loading it costs more than a start.)
Napi::Value environment(const Napi::CallbackInfo &info) {
  if (!os_on_main_thread()) return info.Env().Null();
  std::string all;
  for (char **entry = environ; entry && *entry; entry++) all.append(*entry, strlen(*entry) + 1);
  return Napi::Buffer<char>::Copy(info.Env(), all.data(), all.size());
}

}  // namespace

void export_raw_arguments(Napi::Env env, Napi::Object exports) {
  exports.Set("rawArguments", Napi::Function::New(env, arguments));
  exports.Set("rawEnvironment", Napi::Function::New(env, environment));
}
