#ifndef SLIPWAY_CLIENT_KEYS_H
#define SLIPWAY_CLIENT_KEYS_H

/**
 * Lets single keys arrive, unseen, when both stdin and stdout are a terminal that this process has
 * in the foreground. Its settings come back with the end of the program, also by a signal.
 */
void begin_keys(void);

/** Returns the descriptor to poll for keys; -1, which poll(2) ignores, when no keys are awaited. */
int keys_descriptor(void);

/** Reads what was typed, and ends the program, with 0, when q is in it. */
void take_keys(void);

#endif
