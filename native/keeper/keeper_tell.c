/* Lines to a supervisor. What is due is kept as state, not as text: a supervisor that does not read costs
 * nothing. */
#include <string.h>

#include "keeper.h"

bool tell_has_room(const struct Link *link) { return link->out_size <= LINK_OUT_MOST - LINE_MOST; }

static void begin(struct Link *link, struct LineWriter *line) {
  if (link->out_start + link->out_size > LINK_OUT_MOST - LINE_MOST) {
    memmove(link->out, link->out + link->out_start, link->out_size);
    link->out_start = 0;
  }
  size_t at = link->out_start + link->out_size;
  words_begin_line(line, link->out + at, LINK_OUT_MOST - at);
}

static void end(struct Link *link, struct LineWriter *line) {
  if (words_end_line(line)) link->out_size += line->size;
}

void tell(struct Link *link, const char *word, const char *about, const long long *number) {
  struct LineWriter line;
  if (link->deaf) return;
  begin(link, &line);
  words_add(&line, word);
  if (about != NULL) words_add(&line, about);
  if (number != NULL) words_add_number(&line, *number);
  end(link, &line);
}

static void tell_number(struct Link *link, const char *word, long long number) {
  tell(link, word, NULL, &number);
}

static void tell_exit(struct Link *link, const struct Exit *which) {
  struct LineWriter line;
  begin(link, &line);
  words_add(&line, "exit");
  words_add_number(&line, which->pid);
  words_add_number(&line, which->status);
  words_add_number(&line, (long long)which->start_time);
  end(link, &line);
}

static bool take(bool *due) {
  bool was = *due;
  *due = false;
  return was;
}

/* One thing that is due. */
static bool tell_next(struct Link *link) {
  const char *signal = NULL;
  if (take(&link->logger_ended_due)) {
    tell_number(link, "logger-ended", link->logger_status);
  } else if (take(&link->logger_pid_due)) {
    if (logger_pid() != 0) tell_number(link, "logger", logger_pid());
  } else if (link->exits_told < exits_count()) {
    const struct Exit *which = exits_at(link->exits_told++);
    if (which->pid != 0) tell_exit(link, which);
  } else if (!link->greeted) {
    link->greeted = true;
    tell(link, "end-of-exits", NULL, NULL);
  } else if (take(&link->handover_failed_due)) {
    tell_number(link, "handover-failed", link->handover_status);
  } else if (link->state == LINK_CURRENT && (signal = signals_next(link->ready)) != NULL) {
    tell(link, "signal", signal, NULL);
  } else {
    return false;
  }
  return true;
}

bool tell_due(struct Link *link) {
  if (link->deaf) return true;
  while (tell_has_room(link)) {
    if (link->state != LINK_DEPARTING) {
      if (!tell_next(link)) return true;
    } else {
      if (!take(&link->replaced_due)) return true;
      tell(link, "replaced", NULL, NULL);
    }
  }
  return false;
}
