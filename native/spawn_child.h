// The steps between fork and exec. See spawn_child.cc for the rules of that room.
#ifndef TDAEMON_SPAWN_CHILD_H
#define TDAEMON_SPAWN_CHILD_H

#include "os.h"
#include "spawn_plan.h"

// What the parent gives to the two children. All descriptors are close-on-exec and at 3 or above.
struct SpawnContext {
  const SpawnPlan *plan;
  int to_parent;       // the session leader reports here
  int from_daemon;     // the session leader listens here ...
  int to_leader;       // ... to what the daemon says (without a leader: the parent)
  char *daemon_stack;  // OS_STACK_SIZE bytes
  const int *keep;     // what the daemon must not close before it executes, ascending
  size_t keep_count;
  bool enters_cgroup;  // it was not born there
};

enum SpawnMessageKind { MESSAGE_BORN, MESSAGE_OUTPUTS, MESSAGE_RESULT };
struct SpawnMessage {
  int32_t kind;
  SpawnReport report;
};

// Child A: a session of its own, the daemon's parent until it has executed.
int lead_session(void *spawn_context);
// The only child, where the parent stays: it leads its session itself.
int be_child(void *spawn_context);

// What the command will hold all its life, once it is there; -1: not (yet).
struct KeptDescriptors {
  int lock = -1;
  int pidfile = -1;
};

// All steps from closing descriptors to execve; returns only when one failed.
// to_parent: where to tell of the outputs, if the plan says so; closed then.
void become_command(const SpawnPlan *plan, const int *keep, size_t keep_count, int to_parent,
                    KeptDescriptors *kept, SpawnReport *report);

// publish_pidfile.cc
// *kept: the descriptor that holds its lock.
bool publish_pidfile(const SpawnPlan *plan, int *kept, SpawnReport *report);
// The pid, and as an attribute which process of that number; readable for all.
bool fill_pidfile(int file, pid_t pid, const char *boot_id, uint64_t start_time);
// Remove the pidfile if it names this process, which must have ended and not been reaped.
void discard_pidfile(const SpawnPlan *plan, pid_t pid);

// open_target.cc
// *kept: the descriptor that holds the lock, if one is asked for.
bool take_lock_file(const SpawnPlan *plan, int *kept, SpawnReport *report);
int move_high(const SpawnPlan *plan, int file);
bool open_stdio(const SpawnPlan *plan, int opened[3], SpawnReport *report);

bool fail(SpawnReport *report, SpawnStage stage, SpawnRefusal refusal = REFUSAL_NONE, int index = 0);

#endif
