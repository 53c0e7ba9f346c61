// The stacks of the two children of a start.
#ifndef TDAEMON_SPAWN_STACKS_H
#define TDAEMON_SPAWN_STACKS_H

#include <sys/mman.h>

#include "os.h"

// One for each child, with a page below that nobody may touch: running over would otherwise be silent.
class SpawnStacks {
 public:
  SpawnStacks() : memory_(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (!ok()) return;
    mprotect(base(), kGuard, PROT_NONE);
    mprotect(base() + kGuard + OS_STACK_SIZE, kGuard, PROT_NONE);
  }
  SpawnStacks(const SpawnStacks &) = delete;
  ~SpawnStacks() {
    if (ok()) munmap(memory_, kSize);
  }
  bool ok() const { return memory_ != MAP_FAILED; }
  char *leader() { return base() + kGuard; }
  char *daemon() { return base() + kGuard + OS_STACK_SIZE + kGuard; }

 private:
  static constexpr size_t kGuard = size_t{64} * 1024;  // the largest page size that there is
  static constexpr size_t kSize = 2 * (kGuard + OS_STACK_SIZE);
  char *base() { return static_cast<char *>(memory_); }
  void *memory_;
};

#endif
