// Decides which failures are retried, and when. Pure: the caller counts and sleeps.

/** The registry or the connection failed in a way that may pass. */
export class TransientError extends Error {
	/** The pause that the registry requests; null when it requests none. */
	readonly retryAfterMs: number | null;
	constructor(message: string, retryAfterMs: number | null = null, options?: ErrorOptions) {
		super(message, options);
		this.name = 'TransientError';
		this.retryAfterMs = retryAfterMs;
	}
}

export interface RetryPolicy {
	/** The pause before the second try. It doubles with each failure. */
	readonly firstDelayMs: number;
	readonly maxDelayMs: number;
	/** The number of consecutive failures after which there is no retry. */
	readonly maxFailures: number;
	/** There is no retry when a registry requests a longer pause. */
	readonly maxRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
	firstDelayMs: 250,
	maxDelayMs: 10_000,
	maxFailures: 6,
	maxRetryAfterMs: 120_000,
};

/**
 * Returns the pause after a failure; null when there is no retry.
 *
 * @param failures - the number of consecutive failures, with this one
 */
export function retryDelayMs(error: unknown, failures: number, policy: RetryPolicy): number | null {
	if (!(error instanceof TransientError) || failures >= policy.maxFailures) return null;
	const { retryAfterMs } = error;
	if (retryAfterMs !== null && retryAfterMs > policy.maxRetryAfterMs) return null;
	return Math.max(retryAfterMs ?? 0, Math.min(policy.firstDelayMs * 2 ** (failures - 1), policy.maxDelayMs));
}

/** Parses Retry-After (RFC 9110, 10.2.3): seconds or a date. Returns null for neither. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
	if (header === undefined) return null;
	if (/^\d+$/.test(header)) return Number(header) * 1000;
	const dateMs = Date.parse(header);
	return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}
