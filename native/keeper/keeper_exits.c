/* Reaps, and remembers how those ended whom a supervisor wants to know of: leaders of sessions, its programs.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"

enum { REMEMBERED = 4096, REAPED_AT_ONCE = 256 };

static struct Exit exits[REMEMBERED];
static size_t count;
static size_t seen;

size_t exits_count(void) { return count; }

const struct Exit *exits_at(size_t index) { return &exits[index]; }

/* Forgets what has been seen; if that is nothing, the oldest. */
static void make_room(void) {
  size_t left = 0;
  bool drop_oldest = seen == 0;
  for (size_t i = 0; i < count; i++) {
    bool stays = drop_oldest ? i > 0 : exits[i].pid != 0;
    for (size_t j = 0; !stays && j < LINKS; j++) {
      /* Above i nothing has moved yet: what it counts as told is counted from there. */
      if (links[j].exits_told > left) links[j].exits_told--;
    }
    if (stays) exits[left++] = exits[i];
  }
  count = left;
  seen = 0;
}

static void remember(pid_t pid, int status, unsigned long long start_time) {
  if (count == REMEMBERED) make_room();
  exits[count++] = (struct Exit){.pid = pid, .status = status, .start_time = start_time};
}

void exits_seen(const struct Link *link, pid_t pid) {
  for (size_t i = 0; i < link->exits_told; i++) {
    if (exits[i].pid != pid) continue;
    exits[i].pid = 0;
    seen++;
    break;
  }
  if (seen < count) return;
  seen = count = 0;
  for (size_t i = 0; i < LINKS; i++) links[i].exits_told = 0;
}

/* proc_pid_stat(5) of a zombie of ours. false: not to be had, as where /proc is another pid namespace's. */
static bool read_stat(pid_t pid, pid_t *session, unsigned long long *start_time) {
  enum { STATE = 3, PARENT = 4, SESSION = 6, START_TIME = 22 };
  char path[64] = "/proc/";
  char text[1024];
  struct LineWriter name;
  words_begin_line(&name, path + strlen(path), sizeof path - strlen(path));
  words_add_number(&name, pid);
  memcpy(name.bytes + name.size, "/stat", sizeof "/stat");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return false;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return false;
  text[size] = '\0';
  /* A name may hold anything. */
  const char *at = strrchr(text, ')');
  bool is_ours = false;
  for (int field = STATE; at != NULL; field++) {
    at = strchr(at, ' ');
    if (at == NULL) break;
    at++;
    if (field == STATE && *at != 'Z') return false;
    if (field == PARENT) is_ours = strtol(at, NULL, 10) == getpid();
    if (field == SESSION) *session = (pid_t)strtol(at, NULL, 10);
    if (field == START_TIME) {
      *start_time = strtoull(at, NULL, 10);
      return is_ours;
    }
  }
  return false;
}

static void ended(pid_t pid, int status, bool is_leader, unsigned long long start_time) {
  struct Link *link = link_of(pid);
  if (link != NULL) {
    supervisor_ended(link, status);
  } else if (logger_is(pid)) {
    logger_ended(status);
  } else if (is_leader) {
    remember(pid, status, start_time);
  }
}

bool exits_reap(void) {
  for (int i = 0; i < REAPED_AT_ONCE; i++) {
    /* Looked at first: what /proc says of it is gone with the zombie. */
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == -1 || info.si_pid == 0) return false;
    pid_t pid = info.si_pid;
    pid_t session = -1;
    unsigned long long start_time = 0;
    int status = 0;
    if (!read_stat(pid, &session, &start_time)) {
      session = getsid(pid);
      start_time = 0;
    }
    if (waitpid(pid, &status, WNOHANG | __WALL) == pid) ended(pid, status, session == pid, start_time);
  }
  return true;
}
