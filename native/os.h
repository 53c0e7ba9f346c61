// What operating systems do differently, behind one interface. os_linux.cc and os_posix.cc implement it.
// Everything here may run between fork and exec: async-signal-safe, no allocation, no locks, no stdio.
// Functions return 0 (or a descriptor) and -1 with errno, unless they say otherwise.
#ifndef TDAEMON_OS_H
#define TDAEMON_OS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { OS_STACK_SIZE = 64 * 1024 };

// Run entry(argument) in a new process, on the given stack, without running any atfork handler.
// share_memory: the caller sleeps until the child has executed or ended (vfork(2)).
// The child sends no SIGCHLD before it executes: the host's handlers must not see it.
pid_t os_clone(int (*entry)(void *), void *argument, char *stack, int share_memory);
bool os_can_share_memory(void);
pid_t os_wait(pid_t child, int *status);
// Whether it is a zombie of ours; it stays one.
bool os_has_ended(pid_t child);
bool os_is_stopped(pid_t child);
// Whether a child of ours that has let go of its close-on-exec descriptors did so by executing.
bool os_child_has_executed(pid_t child);
// Whether the system shows what it executes. True where that cannot be known.
bool os_shows_arguments(pid_t pid);
// Whether its first thread has ended, or it is gone. False where that cannot be known.
bool os_is_zombie(pid_t pid);
void os_pause_briefly(void);
[[noreturn]] void os_exit(int status);

// For send(2) to a peer that may be gone, where the system has one.
extern const int os_send_flags;

// All 64 signals: the C library hides two from its own wrappers. Large enough for any sigset_t.
struct OsSignalMask {
  uint64_t bits[16];
};
void os_block_signals(OsSignalMask *before);
void os_set_signals(const OsSignalMask *mask);
void os_unblock_signals(void);
void os_drop_pending_signals(void);
void os_reset_dispositions(void);
void os_default_sigchld(void);

void os_die_with_parent(int yes);
int os_pidfd_open(pid_t pid);
int os_pidfd_signal(int pidfd, int signal);

// Close every descriptor from 3 up but those in keep (ascending); mark_only: set close-on-exec instead.
int os_close_others(const int *keep, size_t count, int mark_only);

int os_set_io_priority(int priority);
int os_set_scheduler(int policy, int priority);
int os_set_oom_score_adj(int score);
int os_set_no_new_privs(void);
int os_set_limit(int resource, int keep_hard, uint64_t soft, uint64_t hard);

int os_set_groups(size_t count, const gid_t *groups);
int os_set_gid(gid_t gid);
int os_set_uid(uid_t uid);
struct OsIds {
  uid_t uid;
  gid_t gid;
};
OsIds os_effective_ids(void);
bool os_ids_are(uid_t uid, gid_t gid);
bool os_groups_are(size_t count, const gid_t *groups);
bool os_can_return_to(OsIds former);
// Touch files as another user for a while: file-system ids where the kernel has them.
int os_file_ids(uid_t uid, gid_t gid);

// Field 22 of proc_pid_stat(5), or what the system has of the kind; 0 when it is not to be known.
uint64_t os_start_time(pid_t pid);

// Look at a file without the side effects of opening it; os_reopen_read_only then opens that very file.
int os_peek(int directory, const char *name);
int os_open_unnamed(int directory);
int os_reopen_read_only(int descriptor);
int os_link_unnamed(int descriptor, int directory, const char *name);
int os_rename_new(int directory, const char *from, const char *to);
void os_set_identity(int descriptor, const char *value, size_t length);
// The value set by os_set_identity; returns its length, or -1.
ssize_t os_get_identity(int descriptor, char *value, size_t size);
// F_RDLCK or F_WRLCK, as a lock that belongs to the descriptor, and conflicts with other processes' fcntl
// locks.
int os_try_lock(int descriptor, short type);

// Decimal digits of value, NUL-terminated; returns their number. digits must hold 24 bytes.
size_t os_format_decimal(uint64_t value, char *digits);

// What follows is for the parent's side only, and may allocate and lock.

// Whether the system says how the process of a pidfd has ended, and *status as wait(2) has it.
bool os_exit_status(int pidfd, int *status);
// A pair of connected, close-on-exec sockets that keep messages of one size apart and report the end.
int os_channel(int ends[2]);
int os_pipe(int ends[2]);         // close-on-exec
int os_stream_pair(int ends[2]);  // close-on-exec
bool os_on_main_thread(void);
double os_seconds_since_boot(void);  // by the clock of os_start_time
bool os_has_access_list(int descriptor);
double os_modified(const struct stat *file);  // seconds after the epoch
// getgrouplist(3): false when count was too small; it then holds the number needed, or the old one.
bool os_group_list(const char *user, gid_t gid, gid_t *groups, int *count);

#endif
