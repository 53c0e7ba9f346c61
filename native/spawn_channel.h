// The parent's ends of what a start's children say. What they say is in spawn_child.h.
#ifndef TDAEMON_SPAWN_CHANNEL_H
#define TDAEMON_SPAWN_CHANNEL_H

#include "spawn_child.h"
#include "unique_fd.h"

struct SpawnChannel {
  UniqueFd reader, writer;

  // Above 0, 1, 2 and whatever else belongs to the command, which `most` is the last of.
  bool open(int most);
};

// Waits until something is to be read from the channel, or its other end is closed.
void await_message(int channel, pid_t child);

// False: end of file. *passed: a descriptor that came along.
bool receive_message(int channel, SpawnMessage *message, UniqueFd *passed);

#endif
