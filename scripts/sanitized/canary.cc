// An add-on with one mistake in it for each sanitizer. scripts/sanitized/run loads it first: unless both
// tell, a suite in which they tell nothing would mean nothing. (Declared by hand, so that it takes no headers
// of Node.)
#include <stdlib.h>

extern "C" __attribute__((visibility("default"))) void *napi_register_module_v1(void *, void *exports) {
  volatile size_t size = 8;
#ifdef UNDEFINED
  volatile int most = 2147483647;
  most = most + (int)size;
#else
  char *block = static_cast<char *>(malloc(size));
  if (block) *(volatile char *)(block + size) = 0;
#endif
  return exports;
}
