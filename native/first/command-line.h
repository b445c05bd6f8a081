#ifndef SLIPWAY_FIRST_COMMAND_LINE_H
#define SLIPWAY_FIRST_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/** Reads /proc/cmdline; an absent one is empty. */
void read_command_line(void);

/** Copies the value of the last `NAME=VALUE`, cut to `size`; returns false when there is none. */
bool find_option(const char* name, char* value, size_t size);

/** Reports whether the word is there. */
bool has_word(const char* word);

#endif
