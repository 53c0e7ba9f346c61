// os.h for Linux: what only the parent's side uses. It may allocate and lock, so it is no part of the room
// after the fork (a test looks at the object files).
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <grp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "os.h"

namespace {
// ioctl_pidfd(2), since Linux 6.13 (the exit status since 6.15); the C library's headers are older.
struct PidfdInfo {
  uint64_t mask, cgroup;
  uint32_t ids[11];
  int32_t exit_status;
};
constexpr uint64_t kPidfdInfoExit = 1u << 3;

int pidfd_info(int pidfd, PidfdInfo *info) {
  // What ioctl(2) takes for a request is an unsigned long in glibc and an int in musl.
  constexpr auto kPidfdGetInfo = _IOWR(0xff, 11, PidfdInfo);
#ifdef __GLIBC__
  return ioctl(pidfd, kPidfdGetInfo, info);
#else
  return ioctl(pidfd, static_cast<int>(kPidfdGetInfo), info);
#endif
}
}  // namespace

bool os_exit_status(int pidfd, int *status) {
  PidfdInfo info = {};
  info.mask = kPidfdInfoExit;
  if (pidfd_info(pidfd, &info) == -1 || !(info.mask & kPidfdInfoExit)) return false;
  *status = info.exit_status;
  return true;
}

int os_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int os_stream_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

int os_channel(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

double os_seconds_since_boot() {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double os_modified(const struct stat *file) {
  return static_cast<double>(file->st_mtim.tv_sec) + static_cast<double>(file->st_mtim.tv_nsec) / 1e9;
}

bool os_on_main_thread() { return syscall(SYS_gettid) == getpid(); }

bool os_has_access_list(int descriptor) {
  return fgetxattr(descriptor, "system.posix_acl_access", nullptr, 0) > 0;
}

bool os_group_list(const char *user, gid_t gid, gid_t *groups, int *count) {
  return getgrouplist(user, gid, groups, count) != -1;
}
