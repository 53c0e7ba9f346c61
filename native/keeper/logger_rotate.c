/* Backups of a log: `.1` is the newest, and each may be compressed to `.N.gz` by somebody else. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "logger_parts.h"

/* Somebody may want millions of backups: what is looked for is not further than so many after the last one.
 */
enum { BACKUP_NAME_MOST = 300, LARGEST_GAP = 1000 };

static void name_backup(char *to, const struct Place *place, int number, const char *suffix) {
  (void)snprintf(to, BACKUP_NAME_MOST, "%s.%d%s", place->name, number, suffix);
}

static const char *const suffixes[] = {"", ".gz"};

static bool backup_exists(const struct Place *place, int number, const char *suffix, struct stat *found) {
  char name[BACKUP_NAME_MOST];
  name_backup(name, place, number, suffix);
  return fstatat(place->directory, name, found, AT_SYMLINK_NOFOLLOW) == 0;
}

static int remove_backup(const struct Place *place, int number, const char *suffix) {
  char name[BACKUP_NAME_MOST];
  name_backup(name, place, number, suffix);
  return unlinkat(place->directory, name, 0) == -1 && errno != ENOENT ? errno : 0;
}

static int last_backup(const struct Place *place, int most) {
  int last = 0;
  for (int number = 1; number <= most && number - last <= LARGEST_GAP; number++) {
    struct stat found;
    if (backup_exists(place, number, "", &found) || backup_exists(place, number, ".gz", &found))
      last = number;
  }
  return last;
}

/* The last one before a number that is free: whoever was killed while he moved them has left a gap, which is
 * now filled. */
static int last_to_move(const struct Place *place, int most) {
  struct stat found;
  int number = 0;
  while (number < most &&
         (backup_exists(place, number + 1, "", &found) || backup_exists(place, number + 1, ".gz", &found)))
    number++;
  return number;
}

/* Makes room at `.1`. The oldest goes only when another takes its place, as with supervisord. */
static int shift(const struct Place *place, int backups) {
  for (int number = last_to_move(place, backups - 1); number >= 1; number--) {
    for (size_t kind = 0; kind < 2; kind++) {
      char from[BACKUP_NAME_MOST], to[BACKUP_NAME_MOST];
      struct stat found;
      if (!backup_exists(place, number, suffixes[kind], &found)) continue;
      name_backup(from, place, number, suffixes[kind]);
      name_backup(to, place, number + 1, suffixes[kind]);
      int error = remove_backup(place, number + 1, suffixes[1 - kind]);
      if (error != 0) return error;
      if (renameat(place->directory, from, place->directory, to) == -1) return errno;
    }
  }
  return backups == 1 ? remove_backup(place, 1, ".gz") : 0;
}

static bool is_output(const struct Output *output, const struct stat *found) {
  return found->st_dev == output->device && found->st_ino == output->inode;
}

/* Whether the log's name is still that of the file that is open. */
static bool has_name(const struct Output *output, const struct Place *place) {
  struct stat found;
  return fstatat(place->directory, place->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         is_output(output, &found);
}

static int begin_new(struct Output *output, const struct Place *place, const struct stat *like) {
  struct stat found;
  int descriptor;
  close(output->descriptor);
  output->descriptor = -1;
  int error = place_open(place, like, &descriptor, &found);
  if (error == 0) output_note_file(output, descriptor, &found);
  return error;
}

static int truncate_log(struct Output *output) {
  struct stat found;
  if (ftruncate(output->descriptor, 0) == -1) return errno;
  if (fstat(output->descriptor, &found) == -1) return errno;
  output->size = output->line = 0;
  if (output->interval_ms > 0) output->rotate_at = clock_ms() + output->interval_ms;
  return 0;
}

int rotate_log(struct Output *output, ino_t *inode) {
  struct Place place;
  struct stat old;
  *inode = 0;
  if (output->backups == 0) return truncate_log(output);
  if (fstat(output->descriptor, &old) == -1) return errno;
  int error = place_find(&place, output->path);
  if (error != 0) return error;
  bool is_ours = has_name(output, &place);
  if (is_ours) {
    char newest[BACKUP_NAME_MOST];
    name_backup(newest, &place, 1, "");
    error = shift(&place, output->backups);
    if (error == 0 && renameat(place.directory, place.name, place.directory, newest) == -1) error = errno;
  }
  /* Else somebody has rotated it already, and what is to follow has its name or none. */
  if (error == 0) {
    *inode = is_ours ? old.st_ino : 0;
    error = begin_new(output, &place, &old);
  }
  place_leave(&place);
  return error;
}

int rotate_clear(struct Output *output) {
  struct Place place;
  if (output->descriptor != -1) {
    int failure = truncate_log(output);
    if (failure != 0) return failure;
  }
  int error = place_find(&place, output->path);
  if (error != 0) return error;
  for (int number = last_backup(&place, INT_MAX - 1); number >= 1 && error == 0; number--)
    for (size_t kind = 0; kind < 2 && error == 0; kind++)
      error = remove_backup(&place, number, suffixes[kind]);
  place_leave(&place);
  return error;
}

static int replace(const struct Place *place, int number, const char *with) {
  char plain[BACKUP_NAME_MOST], compressed[BACKUP_NAME_MOST];
  struct stat found;
  if (fstatat(place->directory, with, &found, AT_SYMLINK_NOFOLLOW) == -1) return errno;
  if (!S_ISREG(found.st_mode) || found.st_nlink != 1) return EINVAL;
  name_backup(plain, place, number, "");
  name_backup(compressed, place, number, ".gz");
  if (renameat(place->directory, with, place->directory, compressed) == -1) return errno;
  return unlinkat(place->directory, plain, 0) == -1 ? errno : 0;
}

int rotate_compressed(const struct Output *output, ino_t inode, const char *name) {
  struct Place place;
  const char *slash = strrchr(name, '/');
  const char *with = slash != NULL ? slash + 1 : name;
  if (*with == '\0') return EINVAL;
  int error = place_find(&place, output->path);
  if (error != 0) return error;
  int last = last_backup(&place, output->backups);
  error = ENOENT;
  for (int number = 1; number <= last; number++) {
    struct stat found;
    if (!backup_exists(&place, number, "", &found)) continue;
    if (found.st_ino != inode || found.st_dev != output->device || !S_ISREG(found.st_mode)) continue;
    error = replace(&place, number, with);
    break;
  }
  place_leave(&place);
  return error;
}
