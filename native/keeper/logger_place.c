/*
 * A log's directory, and the opening of the log in it. Root must not be led astray by a user who can change a
 * directory on the way: as for a daemon's own log (trusted_directory.cc), only symbolic links are followed
 * that nobody but root can have put there, and what is in a place that others can change is looked at twice.
 * For other users the kernel's own judgement is right.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "logger_parts.h"

enum { MOST_LINKS = 40 /* as path_resolution(7) */, MOST_TRIES = 100 };

struct Walk {
  struct Place *place;
  const char *ahead;
  int links;
  char bytes[2][2 * PATH_MAX]; /* by turns: what is ahead, after a link */
  unsigned turn;
};

static int enter(struct Place *place, int directory) {
  struct stat found;
  if (directory == -1) return errno;
  if (place->directory != -1) close(place->directory);
  place->directory = directory;
  if (fstat(directory, &found) == -1) return errno;
  place->owner = found.st_uid;
  if (found.st_uid != 0) place->is_shared = true;
  bool is_writable = (found.st_mode & (S_IWOTH | S_IWGRP)) != 0;
  /* In a sticky directory only owners can rename and remove, but anybody may have been the first to create.
   */
  place->is_sticky = is_writable && (found.st_mode & S_ISVTX) != 0;
  if (!is_writable || place->is_sticky) return 0;
  place->is_shared = true;
  if ((found.st_mode & S_IWOTH) != 0) place->is_open_to_all = true;
  return 0;
}

static int enter_root(struct Place *place) {
  return enter(place, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static int follow(struct Walk *walk, const struct stat *link) {
  struct Place *place = walk->place;
  if (place->is_judged && (link->st_uid != 0 || place->is_shared)) return EPERM;
  if (++walk->links > MOST_LINKS) return ELOOP;
  char *to = walk->bytes[walk->turn++ % 2];
  ssize_t size = readlinkat(place->directory, place->name, to, PATH_MAX);
  if (size == -1) return errno;
  size_t left = strlen(walk->ahead), end = (size_t)size;
  if (end + 1 + left + 1 > sizeof walk->bytes[0]) return ENAMETOOLONG;
  to[end++] = '/';
  memcpy(to + end, walk->ahead, left + 1);
  /* What is ahead of the last component is nothing, and the slash would make it a directory. */
  if (left == 0) to[end - 1] = '\0';
  walk->ahead = to;
  return to[0] == '/' ? enter_root(place) : 0;
}

/* Takes the next component from what is ahead into place->name. */
static int take_name(struct Walk *walk, bool *is_last) {
  walk->ahead += strspn(walk->ahead, "/");
  size_t length = strcspn(walk->ahead, "/");
  if (length >= sizeof walk->place->name) return ENAMETOOLONG;
  memcpy(walk->place->name, walk->ahead, length);
  walk->place->name[length] = '\0';
  walk->ahead += length;
  *is_last = *walk->ahead == '\0';
  return 0;
}

static int step(struct Walk *walk, bool *is_found) {
  struct Place *place = walk->place;
  struct stat found;
  bool is_last;
  int error = take_name(walk, &is_last);
  if (error != 0) return error;
  bool is_dots = strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0;
  if (is_last && (is_dots || *place->name == '\0')) return EISDIR;
  if (*place->name == '\0') return 0;
  if (fstatat(place->directory, place->name, &found, AT_SYMLINK_NOFOLLOW) == -1) {
    *is_found = is_last && errno == ENOENT;
    return *is_found ? 0 : errno;
  }
  if (S_ISLNK(found.st_mode)) return follow(walk, &found);
  *is_found = is_last;
  if (is_last) return 0;
  return enter(place, openat(place->directory, place->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int place_find(struct Place *place, const char *path) {
  struct Walk walk = {.place = place, .ahead = path};
  *place = (struct Place){.directory = -1, .is_judged = geteuid() == 0};
  if (path[0] != '/') return EINVAL;
  bool is_found = false;
  int error = enter_root(place);
  while (error == 0 && !is_found) error = step(&walk, &is_found);
  if (error != 0) place_leave(place);
  return error;
}

void place_leave(struct Place *place) {
  if (place->directory != -1) close(place->directory);
  place->directory = -1;
}

static int judge(const struct Place *place, const struct stat *found) {
  if (S_ISDIR(found->st_mode) || S_ISBLK(found->st_mode) || S_ISSOCK(found->st_mode)) return EINVAL;
  if (!place->is_judged || !(place->is_shared || place->is_sticky)) return 0;
  if (S_ISREG(found->st_mode) && found->st_nlink > 1) return EMLINK;
  /* A device is where root has put it. */
  if (!S_ISREG(found->st_mode) && !S_ISFIFO(found->st_mode)) return 0;
  bool is_expected = found->st_uid == 0 || found->st_uid == place->owner;
  return (place->is_open_to_all || place->is_sticky) && !is_expected ? EPERM : 0;
}

int place_open(const struct Place *place, const struct stat *like, int *descriptor, struct stat *found) {
  const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    int file = openat(place->directory, place->name, flags);
    if (file == -1 && errno == ENOENT) {
      file = openat(place->directory, place->name, flags | O_CREAT | O_EXCL, 0644);
      if (file == -1 && errno == EEXIST) continue;
      /* Best effort: who may read it is what the administrator made of the one before. */
      if (file != -1 && like != NULL && fchown(file, like->st_uid, like->st_gid) == 0)
        (void)fchmod(file, like->st_mode & 0777);
    }
    if (file == -1) return errno == ELOOP ? EPERM : errno;
    int error = fstat(file, found) == -1 ? errno : judge(place, found);
    if (error == 0 && S_ISREG(found->st_mode) && found->st_nlink == 0) {
      close(file); /* removed while it was being opened */
      continue;
    }
    if (error != 0) {
      close(file);
    } else {
      *descriptor = file;
    }
    return error;
  }
  return EBUSY;
}
