/*
 * What the logger's files share. The main thread speaks to the supervisor and never touches a log file: a
 * disk that hangs would hang it too. Each file system with logs on it has a worker, a thread that reads the
 * FIFOs and writes the logs there; orders go to it and reports come back, everything else belongs to one
 * thread alone.
 */
#ifndef TDAEMON_LOGGER_PARTS_H
#define TDAEMON_LOGGER_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Workers are found by the device number of their file system; these are none. */
#define KEY_NOWHERE UINT64_MAX        /* for what is thrown away */
#define KEY_STANDARD (UINT64_MAX - 1) /* for descriptors 1 and 2 */

enum { EVERYBODY = 0 }; /* instead of the number of a connection */

enum { RETRY_MS = 1000, STALLED_MS = 5000 };

enum { TIMESTAMPS = 1, STRIP_ANSI = 2 };

/* What an epoll event belongs to: the first member of each. */
enum Source { SOURCE_ORDERS, SOURCE_CHANNEL, SOURCE_OUTPUT };

struct Output;
struct Worker;

/* Somebody waits until the first `at` bytes of a channel are in its file. */
struct Flush {
  struct Flush *next;
  unsigned connection;
  uint64_t at;
};

/* From one FIFO to one log. */
struct Channel {
  enum Source source;

  /* The words, which never change. */
  const char *id, *fifo, *log;
  int64_t most_bytes;  /* 0: no rotation by size */
  int64_t interval_ms; /* 0: no rotation by age */
  int backups;
  unsigned flags;

  /* The main thread's. */
  struct Channel *next;
  struct Worker *worker;
  struct Order *waiting;     /* for its worker, when it has one */
  struct Channel *successor; /* takes the place of this one when its worker has let go of it */
  uint32_t hash;
  unsigned mark;
  unsigned dropper;            /* connection that is to be told, if is_dropped */
  bool is_leaving, is_dropped; /* told to its worker; somebody is to be told */
  bool is_done;                /* the worker has let go of it, and is to forget what orders it still has */

  /* Its worker's. */
  struct Channel *next_in_worker, *next_of_output;
  struct Output *output; /* none: thrown away, or not open yet */
  struct Flush *flushes;
  _Atomic uint64_t taken; /* bytes read, which the main thread may look at */
  uint64_t end;           /* where it ends if is_closing */
  int descriptor;
  int pipe_size;
  int failure;       /* errno that was told; 0: open */
  uint64_t moves_to; /* key of the worker that it belongs to; 0: it ends */
  unsigned char escape;
  bool is_listening, is_inside_line, is_closing, is_gone, has_moved, must_open, has_opened;
};

enum OutputKind { OUTPUT_FILE, OUTPUT_POLLED, OUTPUT_SHARED_PIPE, OUTPUT_SOCKET };

/* An open log, of one channel or of all that name the same file. */
struct Output {
  enum Source source;
  enum OutputKind kind;
  struct Output *next;
  struct Channel *channels;
  dev_t device;
  ino_t inode;
  int descriptor; /* -1: it has been rotated away, and there is no new one yet */
  int trouble;    /* errno that was told; 0: none */
  int rotation_trouble;
  bool is_regular, is_polled;
  int backups;
  int64_t most_bytes, interval_ms;
  int64_t size;
  int64_t line;              /* bytes since the last newline */
  int64_t rotate_at;         /* when its age is reached; 0: never */
  int64_t rotate_not_before; /* after a rotation that failed */
  char *pending;             /* what was read but could not be written */
  size_t pending_begin, pending_end;
  const char *path;
};

enum OrderKind {
  ORDER_OPEN,
  ORDER_STATE,
  ORDER_DROP,
  ORDER_RELEASE,
  ORDER_FLUSH,
  ORDER_CLEAR,
  ORDER_ROTATE,
  ORDER_COMPRESSED,
  ORDER_REOPEN,
  ORDER_FORGET,
  ORDER_QUIT
};

struct Order {
  struct Order *next;
  enum OrderKind kind;
  unsigned connection;
  struct Channel *channel;
  ino_t inode;
  char name[];
};

enum ReportKind {
  REPORT_LINE,
  REPORT_GONE,
  REPORT_FORGOTTEN,
  REPORT_TOO_LATE,
  REPORT_REOPENED,
  REPORT_ENDED
};

struct Report {
  struct Report *next;
  enum ReportKind kind;
  unsigned connection;
  struct Channel *channel;
  struct Worker *worker;
  struct Order *order;
  size_t size;
  char line[];
};

struct Worker {
  /* The main thread's. */
  struct Worker *next;
  uint64_t key;
  pthread_t thread;
  size_t channel_count;
  bool is_ending;

  /* Everybody's. */
  pthread_mutex_t lock;
  struct Order *orders, **last_order;
  int wake;
  _Atomic uint64_t
      busy; /* number of the present call to the file system, twice; odd: told as stalled; 0: none */
  _Atomic int64_t busy_since;
  _Atomic(const struct Channel *) busy_for;
  _Atomic uint64_t written;

  /* Its thread's. */
  enum Source source;
  int poll;
  struct Channel *channels;
  struct Output *outputs;
  struct Channel *gone;
  int64_t retry_at; /* 0: nothing to try again */
  uint64_t calls;
  unsigned troubles;
  char *buffer, *changed;
  bool is_buffer_used, must_quit;
};

/* logger_clock.c */
int64_t clock_ms(void); /* never jumps, and goes on while the machine sleeps */

/* logger_reports.c: what workers say. */
int reports_open(void); /* descriptor that is readable when there are some; -1 */
struct Report *reports_take(void);
/* A line of the protocol: word and id, and the number unless it is NO_NUMBER. */
#define NO_NUMBER INT64_MIN
void report_line(unsigned connection, const char *word, const char *id, int64_t number);
void report(enum ReportKind kind, unsigned connection, struct Channel *channel, struct Worker *worker,
            struct Order *told);
void *allocate(size_t size); /* zeros; waits while there is no memory */

/* logger_workers.c: the main thread's side of workers. */
struct Worker *worker_for(uint64_t key); /* NULL and errno: no thread can be started */
struct Worker *workers(void);
void workers_forget(struct Worker *worker); /* after REPORT_ENDED */
void order(struct Worker *worker, enum OrderKind kind, struct Channel *channel, unsigned connection);
/* The same in two steps. name: of the file for ORDER_COMPRESSED, else empty */
struct Order *order_make(enum OrderKind kind, unsigned connection, ino_t inode, const char *name);
void order_post(struct Worker *worker, struct Order *told, struct Channel *channel);
struct Order *orders_take(struct Worker *worker);

/* logger_worker.c */
void *worker_main(void *worker);
void worker_retry_later(struct Worker *worker);

/* logger_stall.c: says when a call to a file system does not come back. */
int stalls_open(void); /* descriptor of a timer that runs only while there is something to watch; -1 */
void stall_begin(struct Worker *worker, const struct Channel *channel);
void stall_end(struct Worker *worker);
/* For how many seconds the worker has been inside a call for this channel that was told as stalled; 0: it is
 * not. */
int64_t stalls_present(struct Worker *worker, const struct Channel *channel);
/* When the timer has run out: calls tell for each that is new. */
void stalls_look(void (*tell)(const struct Channel *channel, int64_t seconds));

/* logger_channel.c */
void channel_open(struct Worker *worker, struct Channel *channel);
void channel_serve(struct Worker *worker, struct Channel *channel);
void channel_listen(struct Worker *worker, struct Channel *channel, bool on);
void channel_state(const struct Channel *channel, unsigned connection);
void channel_flush(struct Worker *worker, struct Channel *channel, unsigned connection);
void channel_drop(struct Worker *worker, struct Channel *channel);
void channel_release(struct Worker *worker, struct Channel *channel);
void channel_settle(struct Worker *worker, struct Channel *channel);

/* logger_output.c */
void output_add(struct Worker *worker, struct Output *output, const char *bytes, size_t size);
void output_resume(struct Worker *worker, struct Output *output);
void outputs_sweep(struct Worker *worker);

/* logger_attach.c: which log a channel writes to. */
int output_attach(struct Worker *worker, struct Channel *channel); /* errno; EXDEV: another worker's */
void output_detach(struct Channel *channel);
void output_note_file(struct Output *output, int descriptor, const struct stat *found);
int output_open_again(struct Output *output); /* by its name; errno */

/* logger_cut.c: where a log ends and the next begins. */
size_t cut_before_rotation(struct Output *output, const char *bytes, size_t size, bool *rotate);
void cut_account(struct Output *output, const char *bytes, size_t size);

/* logger_rotate.c. All return errno; inode: of the newest backup, 0 when there is none. */
int rotate_log(struct Output *output, ino_t *inode);
int rotate_clear(struct Output *output);
int rotate_compressed(const struct Output *output, ino_t inode, const char *name);

/* logger_place.c: a file's directory, and who else can change what is in it. */
struct Place {
  int directory;
  bool is_judged;      /* we are root, and so must not be led astray */
  bool is_shared;      /* somebody but root can put something in the file's place */
  bool is_open_to_all; /* and that is anybody */
  bool is_sticky;      /* anybody can create it, if it is not there */
  uid_t owner;
  char name[256];
};
int place_find(struct Place *place, const char *path); /* errno */
void place_leave(struct Place *place);
/* Opens or creates the file for appending. like: whose owner and mode a new one gets, or NULL. errno */
int place_open(const struct Place *place, const struct stat *like, int *descriptor, struct stat *found);

/* logger_text.c: what changes the bytes. */
size_t text_strip_ansi(unsigned char *state, char *bytes, size_t size);
enum { STAMP_SIZE = 25 }; /* `2026-11-23T13:05:01.123Z ` */
size_t text_add_timestamps(bool *is_inside_line, const char *bytes, size_t size, char *to);

/* logger_mounts.c: which file system a path is on, without asking that file system. */
uint64_t mounts_key(const char *path);
void mounts_forget(void);

/* logger_connections.c */
void connections_open(int listener, int poll);
void connections_event(void *source, unsigned events);
void connections_say(unsigned connection, const char *line, size_t size); /* or EVERYBODY */
void connections_send(void);                                              /* what was said until now */

/* logger_commands.c */
void command(unsigned connection, char *line); /* NULL: one that was too long */
void commands_say(unsigned connection, const char *word, const char *id, int64_t number);
void commands_report(struct Report *report);
void commands_finish(void); /* drains and drops everything */
bool commands_are_finishing(void);
bool commands_are_finished(void);

#endif
