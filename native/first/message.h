#ifndef SLIPWAY_FIRST_MESSAGE_H
#define SLIPWAY_FIRST_MESSAGE_H

#include <stdnoreturn.h>

/** What to do about bytes that are not those of the build, for the words of `fail`. */
static const char damaged_initrd_hint[] =
    "Copy the initrd again; if it stays so, test the memory of this machine";

/** Opens the kernel's log, which needs /dev. Before that, and without it, messages go to standard
 * error. */
void open_messages(void);

/** Writes one line, e.g. of something that is waited for. */
__attribute__((format(printf, 1, 2))) void tell(const char* format, ...);

/** Writes one line with the reason why the system cannot start, shown also with `quiet`, and ends
 * the machine. */
__attribute__((format(printf, 1, 2))) noreturn void fail(const char* format, ...);

#endif
