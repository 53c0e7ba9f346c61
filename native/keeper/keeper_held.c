/* Descriptors that must not be closed when a supervisor ends: FIFOs, so that no program meets their end, and
 * sockets. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"

struct Held {
  char *id;
  uint32_t hash;
  int fd;
  bool inherited;
};

/* Left for starting children: we must be able to do that whatever is held. */
enum { SPARE_DESCRIPTORS = 64 };
/* execve(2) takes entries of the environment up to 128 KiB. */
enum { ENVIRONMENT_MOST = 120 * 1024 };

static struct Held *held;
static size_t count;
static size_t room;
static char environment[ENVIRONMENT_MOST];

static uint32_t hash_of(const char *id) {
  uint32_t hash = 2166136261U;
  for (; *id != '\0'; id++) hash = (hash ^ (unsigned char)*id) * 16777619U;
  return hash;
}

static struct Held *find(const char *id) {
  uint32_t hash = hash_of(id);
  for (size_t i = 0; i < count; i++) {
    if (held[i].hash == hash && strcmp(held[i].id, id) == 0) return &held[i];
  }
  return NULL;
}

static struct Held *add(const char *id) {
  if (count == room) {
    size_t more = room == 0 ? 16 : room * 2;
    struct Held *larger = realloc(held, more * sizeof *held);
    if (larger == NULL) return NULL;
    held = larger;
    room = more;
  }
  char *copy = strdup(id);
  if (copy == NULL) return NULL;
  held[count] = (struct Held){.id = copy, .hash = hash_of(id), .fd = -1};
  return &held[count++];
}

static void discard(struct Held *entry) {
  if (entry->fd != -1) close(entry->fd);
  free(entry->id);
  *entry = held[--count];
}

/* Whether the environment has room for all that is inherited. */
static bool write_environment(void) {
  static const char name[] = "TDAEMON_HELD=";
  memcpy(environment, name, sizeof name);
  size_t at = sizeof name - 1;
  for (size_t i = 0; i < count; i++) {
    char number[16];
    struct LineWriter digits;
    if (!held[i].inherited) continue;
    if (at > sizeof name - 1 && at < ENVIRONMENT_MOST) environment[at++] = ',';
    /* What separates entries is encoded too. */
    size_t length = words_encode(held[i].id, "=,", environment + at, ENVIRONMENT_MOST - at);
    words_begin_line(&digits, number, sizeof number);
    words_add_number(&digits, held[i].fd);
    if (length == 0 || length + digits.size + 2 >= ENVIRONMENT_MOST - at) return false;
    at += length;
    environment[at++] = '=';
    memcpy(environment + at, number, digits.size);
    at += digits.size;
    environment[at] = '\0';
  }
  return true;
}

/* Owns fd, whatever comes of it. */
static int hold(const char *id, int fd, bool inherited) {
  struct rlimit limit;
  struct Held *entry = find(id);
  if (entry == NULL) {
    bool spare = getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)fd + SPARE_DESCRIPTORS < limit.rlim_cur;
    entry = spare ? add(id) : NULL;
    if (entry == NULL) {
      close(fd);
      return spare ? ENOMEM : EMFILE;
    }
  }
  struct Held before = *entry;
  entry->fd = fd;
  entry->inherited = inherited;
  if (inherited && !write_environment()) {
    close(fd);
    *entry = before;
    if (before.fd == -1) discard(entry);
    return E2BIG;
  }
  if (before.fd != -1) close(before.fd);
  return 0;
}

int held_open(const char *id, const char *path) {
  struct stat found;
  /* Looked at first: to open another kind of file may do something. */
  if (lstat(path, &found) == -1) return errno;
  if (!S_ISFIFO(found.st_mode)) return EINVAL;
  int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
  if (fd == -1) return errno;
  if (fstat(fd, &found) == -1 || !S_ISFIFO(found.st_mode)) {
    close(fd);
    return EINVAL;
  }
  return hold(id, fd, false);
}

int held_keep(const char *id, int fd) { return hold(id, fd, true); }

int held_drop(const char *id) {
  struct Held *entry = find(id);
  if (entry == NULL) return ENOENT;
  discard(entry);
  return 0;
}

char *held_environment(void) {
  write_environment();
  return environment;
}

void held_inherit(void) {
  for (size_t i = 0; i < count; i++) {
    if (held[i].inherited) fcntl(held[i].fd, F_SETFD, 0);
  }
}
