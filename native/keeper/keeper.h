/*
 * The keeper: parent of the supervisor, the logger and all that they leave behind. It starts them again,
 * reaps and remembers exits, holds descriptors, and passes signals on. It never decides anything, never
 * blocks, and sleeps until a signal, a word from a supervisor, or the end of a backoff. What is declared here
 * is between the files of the keeper; one process has one keeper, so its state is in those files.
 */
#ifndef TDAEMON_KEEPER_H
#define TDAEMON_KEEPER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "words.h"

/* Where the other end is found by supervisor and logger. */
enum { GIVEN_DESCRIPTOR = 3 };
/* When nothing could be started: as env(1), nohup(1), and tdaemon. */
enum { CANNOT_START = 125 };

struct KeeperOptions {
  const char *run_directory;
  char **supervisor; /* its command line */
  int ready_fd;      /* or -1 */
  int adopt_fd;      /* the way to a supervisor that is there already, or -1 */
  pid_t supervisor_pid;
  pid_t logger_pid; /* of a logger that is there already, or 0 */
};

int keeper_main(const struct KeeperOptions *options);

/* ---- keeper.c: the loop ---- */

/* What an event is about; the index is that of the link. */
enum Source { FROM_SIGNALS, FROM_LINK, FROM_LINK_PIDFD, FROM_LOGGER_PIDFD, FROM_TIMERS };

bool keeper_watch(int fd, enum Source source, size_t index, unsigned events);
void keeper_change(int fd, enum Source source, size_t index, unsigned events);
/* Before it is closed: a child that has not yet executed would keep it watched. */
void keeper_unwatch(int fd);
/* From now on nothing is started again; the loop ends with this status once nothing is waited for. */
void keeper_leave(int status);
bool keeper_is_leaving(void);
void keeper_end(void);
/* One line on standard error. */
void keeper_complain(const char *what, const char *name, int error);

/* ---- keeper_setup.c: what is done once ---- */

bool setup_descriptors(struct KeeperOptions *options);
bool setup_process(void);
/* A descriptor that reads signals. */
int setup_signals(void);

/* ---- keeper_children.c ---- */

struct Child {
  const char *path;
  char *const *arguments;
  int given; /* becomes GIVEN_DESCRIPTOR */
  bool is_supervisor;
};

bool children_prepare(void);
/* The child's pid, or -1 (errno). If it cannot execute it complains and ends with CANNOT_START. */
pid_t children_start(const struct Child *child);

/* ---- keeper_backoff.c: when to start again what has ended ---- */

struct Backoff {
  int timer;
  bool waiting;
  int next_ms;
  long long started_ms;
  void (*start)(void);
};

bool backoff_prepare(struct Backoff *backoff, size_t index, void (*start)(void));
void backoff_started(struct Backoff *backoff);
/* Its last life counts as a good one. */
void backoff_reset(struct Backoff *backoff);
/* It has ended, or could not be started: calls start, at once or later. */
void backoff_ended(struct Backoff *backoff);
/* From now on its timer is for something else. */
void backoff_wait(struct Backoff *backoff, int ms, void (*act)(void));
/* Waits no longer, if it waits. */
void backoff_hurry(struct Backoff *backoff);
void backoff_timer(size_t index);

/* ---- keeper_link.c: the way to one supervisor ---- */

enum LinkState { LINK_FREE, LINK_NEWCOMER, LINK_CURRENT, LINK_DEPARTING };
enum { LINKS = 4, LINK_OUT_MOST = 2 * LINE_MOST, LINK_DESCRIPTORS = 16 };

struct Link {
  enum LinkState state;
  pid_t pid;
  int pidfd; /* of one that is not our child, or -1 */
  int fd;    /* -1: closed */
  bool is_child;
  bool ready;
  bool deaf; /* nobody will read what we say */
  /* What is still to be said, when there is room. */
  bool greeted;
  bool logger_ended_due;
  bool logger_pid_due;
  bool handover_failed_due;
  bool replaced_due;
  int logger_status;
  int handover_status;
  size_t exits_told;
  unsigned events;
  /* Descriptors that have come and are not yet spoken of. */
  int descriptors[LINK_DESCRIPTORS];
  size_t descriptor_count;
  /* From here on a new link does not begin with zeros: untouched pages cost nothing. */
  size_t out_start;
  size_t out_size;
  struct LineReader in;
  char out[LINK_OUT_MOST];
};

extern struct Link links[LINKS];

/* The one in that state, or NULL. */
struct Link *link_find(enum LinkState state);
/* By its supervisor, a child of ours. */
struct Link *link_of(pid_t child);
/* A new one that owns fd; NULL if there are too many. */
struct Link *link_make(enum LinkState state, pid_t pid, int fd);
void link_close(struct Link *link);
void link_free(struct Link *link);
void link_event(struct Link *link, unsigned events);
/* Answers, tells what is due, as far as there is room. */
void link_serve(struct Link *link);
/* Its supervisor has ended: takes in what it said last. */
void link_drain(struct Link *link);
/* The descriptor that came with this line, or -1. */
int link_take_descriptor(struct Link *link);

/* ---- keeper_tell.c: lines to a supervisor ---- */

bool tell_has_room(const struct Link *link);
/* One line: a word, with another unless that is NULL, with a number unless that is NULL. */
void tell(struct Link *link, const char *word, const char *about, const long long *number);
/* What is due, as far as there is room. Whether that was all. */
bool tell_due(struct Link *link);

/* ---- keeper_commands.c ---- */

void command_do(struct Link *link, char *line);

/* ---- keeper_supervisor.c ---- */

bool supervisor_prepare(const struct KeeperOptions *options);
void supervisor_start(void);
void supervisor_adopt(int fd, pid_t pid);
void supervisor_ended(struct Link *link, int status);
void supervisor_ready(struct Link *link);
void supervisor_leave(int status);
void supervisor_handover(void);
/*
 * To one that has closed its link, and so can neither be told nor leave. Its successor, which can, is told as
 * well.
 */
void supervisor_signal_unlinked(int signal);
/* Does not wait out the backoff. */
void supervisor_hurry(void);

/* ---- keeper_notify.c: what systemd wants to know ---- */

void notify_ready(void);
void notify_stopping(void);

/* ---- keeper_logger.c ---- */

bool logger_prepare(const char *run_directory);
void logger_start(void);
void logger_adopt(pid_t pid);
void logger_ended(int status);
/* The pid of the logger, or 0. */
pid_t logger_pid(void);
bool logger_is(pid_t child);
/* It is to drain what there is and end; then the keeper ends. */
void logger_finish(void);

/* ---- keeper_exits.c ---- */

struct Exit {
  pid_t pid; /* 0: seen */
  int status;
  unsigned long long start_time;
};

/* Reaps. Returns whether there may be more to reap. */
bool exits_reap(void);
size_t exits_count(void);
const struct Exit *exits_at(size_t index);
/* The oldest exit of that pid among those told to this supervisor is known. */
void exits_seen(const struct Link *link, pid_t pid);

/* ---- keeper_held.c ---- */

/* 0, or an errno. */
int held_open(const char *id, const char *path);
/* Owns fd, whatever comes of it. */
int held_keep(const char *id, int fd);
int held_drop(const char *id);
/* The entry of the environment that says what is inherited. */
char *held_environment(void);
/* In the child: lets it inherit. */
void held_inherit(void);

/* ---- keeper_signals.c ---- */

/* All that is passed on, with SIGCHLD, and SIGPIPE, which would end us. */
void signals_ours(sigset_t *set);
void signals_arrived(int signal);
/* The next to be told, as a name, or NULL. It counts as told. Whoever is not ready yet is told to end, and
 * nothing else. */
const char *signals_next(bool is_ready);
/* The supervisor has ended, or was replaced, without doing what it was told to: end. */
void signals_tell_again(void);

#endif
