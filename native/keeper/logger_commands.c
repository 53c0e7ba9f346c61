/* What the supervisor says, and what becomes of it: the main thread's table of channels. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "logger_table.h"
#include "words.h"

enum { MOST_WORDS = 8, LONGEST_INTERVAL = 1000000000 };

static unsigned mark;       /* of the channels named since the last `begin` */
static unsigned collecting; /* connection that has begun */
static unsigned reopening;  /* workers that are still to say so */
static unsigned reopening_for;
static bool is_finishing;

void commands_say(unsigned connection, const char *word, const char *id, int64_t number) {
  char bytes[LINE_MOST];
  struct LineWriter line;
  words_begin_line(&line, bytes, sizeof bytes);
  words_add(&line, word);
  if (id != NULL) words_add(&line, id);
  if (number != NO_NUMBER) words_add_number(&line, number);
  if (words_end_line(&line)) connections_say(connection, bytes, line.size);
}

static bool parse_flags(const char *word, unsigned *flags) {
  *flags = 0;
  if (strcmp(word, "-") == 0) return true;
  for (; *word != '\0'; word++) {
    if (*word == 't')
      *flags |= TIMESTAMPS;
    else if (*word == 's')
      *flags |= STRIP_ANSI;
    else
      return false;
  }
  return true;
}

static bool is_log(const char *word) {
  return *word == '\0' || *word == '/' || strcmp(word, "@1") == 0 || strcmp(word, "@2") == 0;
}

/* channel ID FIFO LOG MAXBYTES BACKUPS FLAGS INTERVAL */
static void channel_command(unsigned connection, char *words[]) {
  long long most_bytes, backups, interval;
  unsigned flags;
  if (*words[2] != '/' || !is_log(words[3]) || !words_number(words[4], INT64_MAX, &most_bytes) ||
      !words_number(words[5], INT_MAX - 1, &backups) || !parse_flags(words[6], &flags) ||
      !words_number(words[7], LONGEST_INTERVAL, &interval)) {
    commands_say(connection, "failed", words[1], EINVAL);
    return;
  }
  struct Channel *channel = table_make(words[1], words[2], words[3]);
  channel->most_bytes = most_bytes;
  channel->backups = (int)backups;
  channel->flags = flags;
  channel->interval_ms = interval * 1000;
  channel->mark = mark;
  if (is_finishing) {
    commands_say(connection, "failed", words[1], ESHUTDOWN);
    free(channel);
    return;
  }
  table_put(channel, connection);
}

static void reopen_command(unsigned connection) {
  reopening_for = connection;
  for (struct Worker *worker = workers(); worker != NULL; worker = worker->next) {
    if (worker->is_ending) continue;
    order(worker, ORDER_REOPEN, NULL, connection);
    reopening++;
  }
  if (reopening == 0) commands_say(connection, "reopened", NULL, NO_NUMBER);
}

static void drop_command(unsigned connection, const char *id) {
  struct Channel *channel = table_find(id);
  if (channel == NULL) {
    commands_say(connection, "dropped", id, NO_NUMBER);
  } else {
    table_drop(channel, connection);
  }
}

static void end_command(unsigned connection) {
  if (collecting != connection) return;
  collecting = EVERYBODY;
  table_drop_others(mark);
}

/* flush, clear, rotate: for the worker. */
static bool order_command(unsigned connection, char *words[], int count) {
  static const struct {
    const char *word;
    enum OrderKind kind;
    int count;
  } known[] = {{"flush", ORDER_FLUSH, 2},
               {"clear", ORDER_CLEAR, 2},
               {"rotate", ORDER_ROTATE, 2},
               {"compressed", ORDER_COMPRESSED, 4}};
  for (size_t at = 0; at < sizeof known / sizeof *known; at++) {
    if (count != known[at].count || strcmp(words[0], known[at].word) != 0) continue;
    struct Channel *channel = table_find(words[1]);
    long long inode = 0;
    if (channel == NULL) {
      commands_say(connection, "failed", words[1], ENOENT);
    } else if (count == 4 && !words_number(words[2], INT64_MAX, &inode)) {
      commands_say(connection, "failed", words[1], EINVAL);
    } else {
      table_order(channel, order_make(known[at].kind, connection, (ino_t)inode, count == 4 ? words[3] : ""));
    }
    return true;
  }
  return false;
}

void command(unsigned connection, char *line) {
  char *words[MOST_WORDS];
  int count = line != NULL ? words_split(line, words, MOST_WORDS) : -1;
  if (count < 1) {
    commands_say(connection, "unknown", "", NO_NUMBER);
  } else if (count == 8 && strcmp(words[0], "channel") == 0) {
    channel_command(connection, words);
  } else if (count == 1 && strcmp(words[0], "begin") == 0) {
    collecting = connection;
    mark++;
  } else if (count == 1 && strcmp(words[0], "end") == 0) {
    end_command(connection);
  } else if (count == 1 && strcmp(words[0], "reopen") == 0) {
    reopen_command(connection);
  } else if (count == 1 && strcmp(words[0], "count") == 0) {
    table_count(connection);
    commands_say(connection, "counted", NULL, NO_NUMBER);
  } else if (count == 1 && strcmp(words[0], "quit") == 0) {
    commands_finish();
  } else if (count == 2 && strcmp(words[0], "drop") == 0) {
    drop_command(connection, words[1]);
  } else if (!order_command(connection, words, count)) {
    commands_say(connection, "unknown", words[0], NO_NUMBER);
  }
}

void commands_report(struct Report *said) {
  switch (said->kind) {
    case REPORT_LINE:
      connections_say(said->connection, said->line, said->size);
      break;
    case REPORT_GONE:
      table_gone(said->channel);
      break;
    case REPORT_FORGOTTEN:
      table_forgotten(said->channel);
      break;
    case REPORT_TOO_LATE:
      table_order(said->channel, said->order);
      break;
    case REPORT_REOPENED:
      if (--reopening == 0) commands_say(reopening_for, "reopened", NULL, NO_NUMBER);
      break;
    case REPORT_ENDED:
      workers_forget(said->worker);
      break;
  }
}

void commands_finish(void) {
  is_finishing = true;
  table_drop_others(++mark);
}

bool commands_are_finishing(void) { return is_finishing; }

bool commands_are_finished(void) { return is_finishing && table_is_empty() && workers() == NULL; }
