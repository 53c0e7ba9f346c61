// What a daemon is to become, as plain data: made before the fork, only read after it.
// It knows nothing of Node and compiles as C, so that a plain C program can use spawn.cc too.
#ifndef TDAEMON_SPAWN_PLAN_H
#define TDAEMON_SPAWN_PLAN_H

#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// Every step that can fail, in the order in which it is tried. The single source of the enum below, of the
// names that cross to JavaScript, and (checked by a test) of the table in the documents.
#define TDAEMON_STAGES(X)           \
  X(CHANNEL, "channel")             \
  X(FORK, "fork")                   \
  X(SETSID, "setsid")               \
  X(SECOND_FORK, "second-fork")     \
  X(CGROUP, "cgroup")               \
  X(RECORD, "record")               \
  X(CLOSE, "close")                 \
  X(NICE, "nice")                   \
  X(IONICE, "ionice")               \
  X(SCHED, "sched")                 \
  X(OOM_SCORE_ADJ, "oom-score-adj") \
  X(LOCK, "lock")                   \
  X(PIDFILE, "pidfile")             \
  X(STDIN, "stdin")                 \
  X(STDOUT, "stdout")               \
  X(STDERR, "stderr")               \
  X(CHROOT, "chroot")               \
  X(LIMIT, "limit")                 \
  X(SETGROUPS, "setgroups")         \
  X(SETGID, "setgid")               \
  X(SETUID, "setuid")               \
  X(CHDIR, "chdir")                 \
  X(STDIO, "stdio")                 \
  X(KEEP_FD, "keep-fd")             \
  X(NO_NEW_PRIVS, "no-new-privs")   \
  X(EXEC, "exec")                   \
  X(KILLED, "killed")               \
  X(LEADER_KILLED, "leader-killed")

enum SpawnStage {
#define X(name, text) STAGE_##name,
  TDAEMON_STAGES(X)
#undef X
};

// Why a step refused although no system call failed; the errno beside it is the nearest one.
#define TDAEMON_REFUSALS(X)                              \
  X(NONE, "")                                            \
  X(HARD_LINK, "it has more than one hard link")         \
  X(FOREIGN_OWNER, "it belongs to another user")         \
  X(WRONG_TYPE, "it is not a regular file")              \
  X(LOCKED, "another process holds the lock")            \
  X(PIDFILE, "it is the pidfile")                        \
  X(IDS_NOT_SET, "the kernel did not change the ids")    \
  X(IDS_COME_BACK, "the former ids could be taken back") \
  X(INTERPRETER, "its interpreter is missing")

enum SpawnRefusal {
#define X(name, text) REFUSAL_##name,
  TDAEMON_REFUSALS(X)
#undef X
};

// A file to open after the fork, found before it: a directory that was walked to safely, and a name in it.
struct FileTarget {
  const char *path;  // as given, absolute; NULL: no such file
  int directory;     // descriptor, or AT_FDCWD when name is the whole path
  const char *name;
  int as_daemon_user;  // open with the daemon's ids: that user can write in the directory
  int no_follow;       // refuse a symbolic link as the last component
  int check_owner;     // refuse what neither root nor the daemon's user owns, and hard links
};

enum StdioKind { STDIO_NULL, STDIO_INHERIT, STDIO_FILE, STDIO_SAME };

struct StdioPlan {
  enum StdioKind kind;
  int same_as;  // STDIO_SAME: the number (0..2) whose target this one shares; below this one
                // STDIO_INHERIT: the caller's descriptor to take (above 2: one of ours, close-on-exec)
  int truncate;
  struct FileTarget file;
};

struct LimitPlan {
  int resource;         // RLIMIT_*
  int keep_hard;        // the hard limit stays (it is raised when soft lies above it)
  uint64_t soft, hard;  // UINT64_MAX: unlimited
};

// The caller's descriptor `from` (close-on-exec, above low_descriptors) becomes the command's `to`, from 3
// up.
struct DescriptorPass {
  int from, to;
};

struct SpawnPlan {
  const char *const *candidates;  // absolute or relative paths to try in turn, NULL-terminated
  const char *const *argv;
  const char *const *envp;
  // Where in envp the process that executes writes its own pid (LISTEN_PID, sd_listen_fds(3)): this room of
  // 24 bytes is the child's alone while the start lasts. NULL: nowhere.
  char *own_pid;

  int set_nice, nice;      // -20 .. 19, absolute
  int set_ionice, ionice;  // class << 13 | level
  int set_sched, sched_policy, sched_priority;
  int set_oom_score_adj, oom_score_adj;

  int set_umask;
  mode_t umask;
  struct FileTarget lock;
  struct FileTarget pidfile;
  const char *temporary_name;  // for file systems without O_TMPFILE; unguessable
  const char *boot_id;         // may be NULL
  int high_descriptor;         // where descriptors for the daemon's life go, at or above

  struct StdioPlan stdio[3];
  const char *chroot;  // NULL: none
  const struct LimitPlan *limits;
  size_t limit_count;

  int set_ids;
  uid_t uid;
  gid_t gid;
  const gid_t *groups;
  size_t group_count;

  const char *chdir;
  const int *keep;  // descriptors from 3 up that the daemon gets, ascending
  size_t keep_count;
  const struct DescriptorPass *passes;
  size_t pass_count;
  int low_descriptors;  // 0 up to this are the command's: what the caller opens for the start lies above
  // Of spawn_child, descriptors of the caller's, close-on-exec, above low_descriptors; 0: none.
  int cgroup;        // the directory of the cgroup that the child belongs to (cgroups(7))
  int record;        // the child writes "PID START_TIME\n" to it before anything else is done
  int tell_outputs;  // report which files the outputs are
  int no_new_privs;
  int foreground;    // no fork: close nothing that the caller still needs to report a failure
  int share_memory;  // vfork-class clone; never when ids change
};

// Where an output begins: the file, and its size before the command wrote anything.
struct OpenedOutput {
  int32_t is_file;  // a regular one
  uint64_t device, inode;
  int64_t size;
};

struct SpawnReport {
  int32_t ok;
  int32_t stage;    // enum SpawnStage
  int32_t error;    // errno
  int32_t refusal;  // enum SpawnRefusal
  int32_t index;    // which candidate, limit or descriptor
  int32_t pid;
  int32_t group;                   // its process group and session
  uint64_t start_time;             // field 22 of proc_pid_stat(5), in clock ticks after boot; 0: unknown
  struct OpenedOutput outputs[2];  // 1 and 2, with tell_outputs
};

// Start the daemon. On success *pidfd is a close-on-exec descriptor, or -1 where the kernel has none.
// All signals of the calling thread are blocked for the time of the fork.
struct SpawnReport spawn_daemon(const struct SpawnPlan *plan, int *pidfd);

// Start the command as a child of the calling process, in a session that it leads: one fork. It must be
// reaped.
struct SpawnReport spawn_child(const struct SpawnPlan *plan, int *pidfd);

// Do the same steps in the calling process and execute. Returns only after a failure.
struct SpawnReport exec_in_place(const struct SpawnPlan *plan);

#ifdef __cplusplus
}
#endif
#endif
