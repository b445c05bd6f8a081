#ifndef SLIPWAY_CLIENT_OUTPUT_H
#define SLIPWAY_CLIENT_OUTPUT_H

#include <stddef.h>

/**
 * Writes all bytes to stdout or stderr, and waits for a slow reader. Ends the program when nobody
 * reads stdout any longer, with the exit code that a shell reports for SIGPIPE, or when stdout
 * can't be written.
 */
void write_output(int fd, const char* bytes, size_t size);

/** Ends the program because nobody reads its output any longer. */
_Noreturn void end_without_reader(void);

/** Opens /dev/null for those of the descriptors 0, 1 and 2 that are closed: no socket may take
 * their place. */
void open_standard_descriptors(void);

#endif
