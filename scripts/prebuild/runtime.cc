// What the add-on needs of a C++ library, so that a prebuilt one links to none: Node's own is its own affair,
// and a copy of all of it would be several times the add-on. The rest comes from zig's libc++ (compile.mjs
// names the files).
#include <stdlib.h>

#include <new>

namespace {
void *allocate(size_t size) {
  void *found = malloc(size == 0 ? 1 : size);
  if (!found) abort();  // there are no exceptions here
  return found;
}
}  // namespace

void *operator new(size_t size) { return allocate(size); }
void *operator new[](size_t size) { return allocate(size); }
void operator delete(void *pointer) noexcept { free(pointer); }
void operator delete[](void *pointer) noexcept { free(pointer); }
void operator delete(void *pointer, size_t) noexcept { free(pointer); }
void operator delete[](void *pointer, size_t) noexcept { free(pointer); }

// Of std::mutex, when locking fails.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] __attribute__((visibility("hidden"))) void __throw_system_error(int, const char *);
void __throw_system_error(int, const char *) { abort(); }
_LIBCPP_END_NAMESPACE_STD
