// Tells JavaScript when a descriptor becomes readable, by the event loop that Node has already: no thread of
// ours, no polling. libuv keeps its binary interface within version 1, which every supported Node has.
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "unique_fd.h"

namespace {

const napi_type_tag kTag = {0x7464616d6f6e0003, 0x7761746368000001};

// Lives until libuv has let go of its handle, however JavaScript and the end of the environment come in
// between.
class Watch {
 public:
  // errno, or 0 and *to.
  static int start(Napi::Env env, UniqueFd descriptor, Napi::Function callback, Watch **to) {
    uv_loop_t *loop = nullptr;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok) return ENOSYS;
    auto *watch = new Watch(env, std::move(descriptor), callback);
    watch->poll_ = static_cast<uv_poll_t *>(calloc(1, uv_handle_size(UV_POLL)));
    if (!watch->poll_) abort();
    int error = uv_poll_init(loop, watch->poll_, watch->descriptor_.get());
    if (error != 0) {
      free(watch->poll_);
      delete watch;
      return -error;
    }
    watch->poll_->data = watch;
    (void)napi_add_async_cleanup_hook(env, on_environment_end, watch, &watch->hook_);
    (void)uv_poll_start(watch->poll_, UV_READABLE, on_readable);
    *to = watch;
    return 0;
  }

  void stop() {
    if (closing_) return;
    closing_ = true;
    uv_close(reinterpret_cast<uv_handle_t *>(poll_), on_closed);
  }

  // JavaScript has let go of its end, and may not be called any more.
  void forget() {
    forgotten_ = true;
    stop();
    if (closed_) delete this;
  }

 private:
  Watch(Napi::Env env, UniqueFd descriptor, Napi::Function callback)
      : descriptor_(std::move(descriptor)),
        context_(env, "tdaemon: watch"),
        callback_(Napi::Persistent(callback)) {}

  static void on_readable(uv_poll_t *poll, int, int) {
    auto *watch = static_cast<Watch *>(poll->data);
    Napi::Env env = watch->callback_.Env();
    Napi::HandleScope scope(env);
    watch->callback_.MakeCallback(env.Global(), {}, watch->context_);
  }

  static void on_closed(uv_handle_t *handle) {
    auto *watch = static_cast<Watch *>(handle->data);
    free(handle);
    watch->callback_.Reset();
    watch->descriptor_.reset();
    (void)napi_remove_async_cleanup_hook(watch->hook_);
    watch->closed_ = true;
    if (watch->forgotten_) delete watch;
  }

  static void on_environment_end(napi_async_cleanup_hook_handle, void *watch) {
    static_cast<Watch *>(watch)->stop();
  }

  UniqueFd descriptor_;  // its own: the caller may close the original meanwhile
  Napi::AsyncContext context_;
  Napi::FunctionReference callback_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  uv_poll_t *poll_ = nullptr;
  bool closing_ = false, closed_ = false, forgotten_ = false;
};

Napi::Value unwatch(const Napi::CallbackInfo &info) {
  if (!info[0].IsExternal() || !info[0].As<Napi::External<Watch>>().CheckTypeTag(&kTag))
    return type_error(info.Env(), "unwatch: not a handle of a watch");
  if (Watch *watch = info[0].As<Napi::External<Watch>>().Data()) watch->stop();
  return info.Env().Undefined();
}

}  // namespace

Napi::Value watch_descriptor(const Napi::CallbackInfo &info, int descriptor) {
  Napi::Env env = info.Env();
  if (!info[1].IsFunction()) return type_error(env, "watch: takes a handle and a function");
  UniqueFd own(fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
  if (!own) return Napi::Number::New(env, errno);
  Watch *watch = nullptr;
  int error = Watch::start(env, std::move(own), info[1].As<Napi::Function>(), &watch);
  if (error != 0) return Napi::Number::New(env, error);
  auto handle = Napi::External<Watch>::New(env, watch, [](Napi::Env, Watch *kept) { kept->forget(); });
  handle.TypeTag(&kTag);
  return handle;
}

void export_watch(Napi::Env env, Napi::Object exports) {
  exports.Set("unwatch", Napi::Function::New(env, unwatch));
}
