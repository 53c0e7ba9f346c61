// The classic calls of the user and group databases return static memory. Worker threads load this add-on
// too.
#ifndef TDAEMON_ACCOUNT_LOCK_H
#define TDAEMON_ACCOUNT_LOCK_H

#include <mutex>

// Held from the call until everything has been copied.
inline std::mutex &account_lock() {
  static std::mutex mutex;
  return mutex;
}

#endif
