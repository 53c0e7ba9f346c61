// The list of exports, nothing else.
#include "napi_result.h"

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  export_spawn(env, exports);
  export_pidfile(env, exports);
  export_pidfd(env, exports);
  export_watch(env, exports);
  export_notify_socket(env, exports);
  export_datagram(env, exports);
  export_descriptors(env, exports);
  export_listeners(env, exports);
  export_accounts(env, exports);
  export_limits(env, exports);
  export_raw_arguments(env, exports);
  return exports;
}

NODE_API_MODULE(tdaemon, init)
