// Walk to a file's directory so that nobody but root and the daemon's user can have led us astray.
// Knows nothing of Node.
#ifndef TDAEMON_TRUSTED_DIRECTORY_H
#define TDAEMON_TRUSTED_DIRECTORY_H

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "unique_fd.h"

// Who but root can write a file, or put another in its place.
struct Writers {
  bool daemon_user = false;
  std::string others;  // empty: nobody; else one sentence on the first that was met

  // note what stands at path: its owner, and its write bits unless it is a sticky directory.
  void note(const struct stat &found, uid_t user, const std::string &path, int descriptor);
};

struct Location {
  UniqueFd directory;
  std::string name;     // the last component
  Writers writers;      // of the directories; meaningful only when walked
  int error = 0;        // errno; 0: found
  std::string problem;  // one sentence when a symbolic link was refused
};

// path must be absolute. Only root walks with distrust: others get the directory as it is.
// follow_name: a symbolic link as the last component is followed when only root can have put it there.
Location locate(const std::string &path, uid_t user, bool follow_name);

// For a temporary file in such a directory.
std::string unguessable_name();

#endif
