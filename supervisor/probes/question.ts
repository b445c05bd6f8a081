// One question to a service, of whatever kind.

/**
 * Calls `onBegun` once the service itself is asked. Resolves with null where it works, else with the reason in a
 * few words; a rejection is a reason too, but for `NotAskedError`. Settles when nothing is left of the question,
 * no child and no descriptor; aborted, it sees to that.
 */
export type Ask = (signal: AbortSignal, onBegun: () => void) => Promise<string | null>;
