// A descriptor with an owner, for the parent's side.
#ifndef TDAEMON_UNIQUE_FD_H
#define TDAEMON_UNIQUE_FD_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int descriptor) : descriptor_(descriptor) {}
  UniqueFd(UniqueFd &&other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  UniqueFd &operator=(UniqueFd &&other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  int release() { return std::exchange(descriptor_, -1); }
  void reset() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }
  // 0, 1 and 2 belong to the daemon: when the caller closed them, the kernel hands them out again.
  bool move_above(int most) {
    if (descriptor_ > most) return true;
    int moved = fcntl(descriptor_, F_DUPFD_CLOEXEC, most + 1);
    int error = errno;
    reset();
    errno = error;
    descriptor_ = moved;
    return moved != -1;
  }

 private:
  int descriptor_ = -1;
};

#endif
