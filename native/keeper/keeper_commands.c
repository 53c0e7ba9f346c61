/* What a supervisor may say. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

/* An id is the name of a file in fifo/, and so is no longer than a name can be; and answers to it have room.
 */
enum { ID_MOST = 255, MOST_WORDS = 3, UNKNOWN_MOST = 255 };

static void answer(struct Link *link, const char *success, const char *id, int error) {
  long long number = error;
  if (error == 0) {
    tell(link, success, id, NULL);
  } else {
    tell(link, "failed", id, &number);
  }
}

static bool hold(struct Link *link, char **words) {
  if (strlen(words[1]) > ID_MOST) return false;
  answer(link, "held", words[1], held_open(words[1], words[2]));
  return true;
}

static bool keep(struct Link *link, char **words) {
  int fd = link_take_descriptor(link);
  if (strlen(words[1]) > ID_MOST) {
    if (fd != -1) close(fd);
    return false;
  }
  answer(link, "held", words[1], fd == -1 ? EBADF : held_keep(words[1], fd));
  return true;
}

static bool drop(struct Link *link, char **words) {
  if (strlen(words[1]) > ID_MOST) return false;
  answer(link, "dropped", words[1], held_drop(words[1]));
  return true;
}

static bool ready(struct Link *link, char **words) {
  (void)words;
  supervisor_ready(link);
  return true;
}

static bool stopping(struct Link *link, char **words) {
  (void)words;
  if (link->state != LINK_CURRENT) return false;
  notify_stopping();
  return true;
}

static bool seen(struct Link *link, char **words) {
  long long pid = 0;
  if (!words_number(words[1], INT_MAX, &pid) || pid == 0) return false;
  exits_seen(link, (pid_t)pid);
  return true;
}

static bool leave(struct Link *link, char **words) {
  long long status = 0;
  if (link->state != LINK_CURRENT || !words_number(words[1], UCHAR_MAX, &status)) return false;
  supervisor_leave((int)status);
  return true;
}

static bool handover(struct Link *link, char **words) {
  (void)words;
  if (link->state != LINK_CURRENT) return false;
  supervisor_handover();
  return true;
}

static bool logger(struct Link *link, char **words) {
  (void)words;
  if (logger_pid() == 0) {
    logger_start();
  } else {
    link->logger_pid_due = true;
  }
  return true;
}

static const struct {
  const char *word;
  int words;
  bool (*act)(struct Link *link, char **words);
} commands[] = {
    {"hold", 3, hold},   {"keep", 2, keep},         {"drop", 2, drop},
    {"ready", 1, ready}, {"stopping", 1, stopping}, {"seen", 2, seen},
    {"leave", 2, leave}, {"handover", 1, handover}, {"logger", 1, logger},
};

void command_do(struct Link *link, char *line) {
  char *words[MOST_WORDS];
  int count = words_split(line, words, MOST_WORDS);
  const char *word = count > 0 ? words[0] : "";
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (count == commands[i].words && strcmp(word, commands[i].word) == 0 && commands[i].act(link, words))
      return;
  }
  tell(link, "unknown", strlen(word) <= UNKNOWN_MOST ? word : "", NULL);
}
