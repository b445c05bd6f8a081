#ifndef SLIPWAY_FIRST_ENDING_H
#define SLIPWAY_FIRST_ENDING_H

#include <stdnoreturn.h>

/** Reads `panic=` (/proc/sys/kernel/panic), which needs /proc. Before that, a machine that ends
 * stands still. */
void read_panic_setting(void);

/**
 * Ends the machine as a kernel panic does: it restarts after the time of `panic=`, or stands still.
 * A real panic would push the reason off the screen by its registers.
 */
noreturn void end_machine(void);

#endif
