/*
 * glibc before 2.33 has no stat and fstat to link to: a program brings its own, which call these. Those that
 * zig brings keep an errno of their own, which nobody reads: a missing file would fail with whatever errno
 * was before.
 */
#include <sys/stat.h>

#ifdef __x86_64__
enum { VERSION = 1 };
#else
enum { VERSION = 0 };
#endif

#define HIDDEN __attribute__((visibility("hidden")))

int __xstat(int version, const char *path, struct stat *found);
int __lxstat(int version, const char *path, struct stat *found);
int __fxstat(int version, int descriptor, struct stat *found);
int __fxstatat(int version, int directory, const char *path, struct stat *found, int flags);

HIDDEN int stat(const char *path, struct stat *found) { return __xstat(VERSION, path, found); }
HIDDEN int lstat(const char *path, struct stat *found) { return __lxstat(VERSION, path, found); }
HIDDEN int fstat(int descriptor, struct stat *found) { return __fxstat(VERSION, descriptor, found); }
HIDDEN int fstatat(int directory, const char *path, struct stat *found, int flags) {
  return __fxstatat(VERSION, directory, path, found, flags);
}
