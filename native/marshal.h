// A JavaScript object becomes a SpawnPlan. Everything is checked here: a wrong field is a TypeError that
// names it.
#ifndef TDAEMON_MARSHAL_H
#define TDAEMON_MARSHAL_H

#include <napi.h>

#include <deque>
#include <string>
#include <vector>

#include "spawn_plan.h"
#include "unique_fd.h"

// Owns what a SpawnPlan points to.
struct MarshalledPlan {
  SpawnPlan plan = {};
  std::deque<std::string> strings;  // a deque never moves its elements
  std::vector<const char *> candidates, argv, envp;
  std::vector<LimitPlan> limits;
  std::vector<gid_t> groups;
  std::vector<int> keep;
  std::vector<DescriptorPass> passes;
  std::vector<UniqueFd> directories;
  std::vector<UniqueFd> lifted;  // copies of descriptors that would be in the way of the command's
};

// False: a TypeError is pending.
bool marshal(const Napi::Object &from, MarshalledPlan *to);

// A descriptor that the command gets must not be put in the place of one that is yet to be taken. False:
// errno.
bool lift_descriptors(MarshalledPlan *to);

#endif
