/* The logger: moves bytes from FIFOs to log files. */
#ifndef TDAEMON_LOGGER_H
#define TDAEMON_LOGGER_H

/* All that it does. Descriptor 3 is a listening unix stream socket. Returns the exit status. */
int logger_main(void);

#endif
