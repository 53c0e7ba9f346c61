/* Signals that come for the supervisor: each once, by name, until it can be told. */
#include <stdint.h>
#include <string.h>

#include "keeper.h"

/* What would end us, or PID 1 might be asked with. Faults, stops, and what is ignored by default, are as
 * ever. */
static const struct {
  int signal;
  const char *name;
} passed[] = {
    {SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGUSR1, "USR1"},
    {SIGUSR2, "USR2"}, {SIGTERM, "TERM"}, {SIGALRM, "ALRM"}, {SIGVTALRM, "VTALRM"},
    {SIGPROF, "PROF"}, {SIGIO, "IO"},     {SIGPWR, "PWR"},
};
enum { PASSED = sizeof passed / sizeof *passed };

static uint64_t arrived;
/* Told to the present supervisor. */
static uint64_t told;

/* As kill(1), Node and glibc count. musl keeps 34 for itself: its SIGRTMIN is 35, and its sigaddset refuses
 * 34, which would then end us. */
enum { FIRST_REAL_TIME = 34, LAST_REAL_TIME = 64 };

static uint64_t bit(int signal) { return UINT64_C(1) << (unsigned)(signal - 1); }

static uint64_t ends(void) { return bit(SIGTERM) | bit(SIGINT) | bit(SIGQUIT); }

void signals_ours(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGCHLD);
  sigaddset(set, SIGPIPE);
  for (size_t i = 0; i < PASSED; i++) sigaddset(set, passed[i].signal);
  uint64_t mask; /* what the kernel reads, of any sigset_t */
  memcpy(&mask, set, sizeof mask);
  for (int signal = FIRST_REAL_TIME; signal <= LAST_REAL_TIME; signal++) mask |= bit(signal);
  memcpy(set, &mask, sizeof mask);
}

void signals_arrived(int signal) {
  bool is_new = (arrived & bit(signal)) == 0;
  arrived |= bit(signal);
  if ((ends() & bit(signal)) == 0) return;
  supervisor_signal_unlinked(signal);
  if (is_new) supervisor_hurry();
}

static const char *name_of(int signal) {
  static char real_time[] = "RTMIN+00";
  for (size_t i = 0; i < PASSED; i++) {
    if (passed[i].signal == signal) return passed[i].name;
  }
  int above = signal - FIRST_REAL_TIME;
  if (above < 0) return NULL;
  char *digits = real_time + strlen("RTMIN+");
  if (above >= 10) *digits++ = (char)('0' + above / 10);
  *digits++ = (char)('0' + above % 10);
  *digits = '\0';
  return real_time;
}

const char *signals_next(bool is_ready) {
  uint64_t due = is_ready ? arrived : arrived & ends();
  for (int signal = 1; due != 0 && signal <= LAST_REAL_TIME; signal++) {
    if ((due & bit(signal)) == 0) continue;
    arrived &= ~bit(signal);
    told |= bit(signal);
    const char *name = name_of(signal);
    if (name != NULL) return name;
  }
  return NULL;
}

void signals_tell_again(void) {
  arrived |= told & ends();
  told = 0;
}
