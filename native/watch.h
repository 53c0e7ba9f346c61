// A JavaScript function, called whenever a descriptor is readable.
#ifndef TDAEMON_WATCH_H
#define TDAEMON_WATCH_H

#include "napi_result.h"

// info[1] is the function. The result, a handle for unwatch, or errno. The descriptor stays the caller's.
Napi::Value watch_descriptor(const Napi::CallbackInfo &info, int descriptor);

#endif
