/* The main thread's table of channels. */
#ifndef TDAEMON_LOGGER_TABLE_H
#define TDAEMON_LOGGER_TABLE_H

#include "logger_parts.h"

struct Channel *table_make(const char *id, const char *fifo, const char *log);
struct Channel *table_find(const char *id);
bool table_is_empty(void);
/* For its worker, now or when it has one. */
void table_order(struct Channel *channel, struct Order *told);
/* A channel of this id from now on: one with the same words goes on, one with others is replaced. */
void table_put(struct Channel *channel, unsigned connection);
void table_drop(struct Channel *channel, unsigned connection);
void table_drop_others(unsigned mark);
/* Says of each how many bytes have been read. Asks no worker: one may be held up by a disk. */
void table_count(unsigned connection);
/* Its worker has let go of it, and then will not hear of it any more. */
void table_gone(struct Channel *channel);
void table_forgotten(struct Channel *channel);

#endif
