/* What workers say: to the supervisor, by way of the main thread, and to the main thread itself. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "logger_parts.h"
#include "words.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct Report *first, **last = &first;
static int wake = -1;

int reports_open(void) {
  wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return wake;
}

static void post(struct Report *said) {
  const uint64_t one = 1;
  pthread_mutex_lock(&lock);
  bool was_empty = first == NULL;
  *last = said;
  last = &said->next;
  pthread_mutex_unlock(&lock);
  /* Fails only when it is as readable as can be. */
  if (was_empty && write(wake, &one, sizeof one) == -1) return;
}

struct Report *reports_take(void) {
  uint64_t count;
  if (read(wake, &count, sizeof count) == -1) count = 0;
  pthread_mutex_lock(&lock);
  struct Report *all = first;
  first = NULL;
  last = &first;
  pthread_mutex_unlock(&lock);
  return all;
}

void report_line(unsigned connection, const char *word, const char *id, int64_t number) {
  char bytes[LINE_MOST];
  struct LineWriter line;
  words_begin_line(&line, bytes, sizeof bytes);
  words_add(&line, word);
  words_add(&line, id);
  if (number != NO_NUMBER) words_add_number(&line, number);
  if (!words_end_line(&line)) return;
  struct Report *said = allocate(sizeof *said + line.size);
  said->kind = REPORT_LINE;
  said->connection = connection;
  said->size = line.size;
  memcpy(said->line, bytes, line.size);
  post(said);
}

void report(enum ReportKind kind, unsigned connection, struct Channel *channel, struct Worker *worker,
            struct Order *told) {
  struct Report *said = allocate(sizeof *said);
  said->kind = kind;
  said->connection = connection;
  said->channel = channel;
  said->worker = worker;
  said->order = told;
  post(said);
}
