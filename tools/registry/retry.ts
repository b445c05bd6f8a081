// What is worth another try, and when. Pure: the caller keeps count and sleeps.

/** The registry or the way to it failed for now. */
export class TransientError extends Error {
	/** How long the registry asks to be left alone, or null. */
	readonly retryAfterMs: number | null;
	constructor(message: string, retryAfterMs: number | null = null, options?: ErrorOptions) {
		super(message, options);
		this.name = 'TransientError';
		this.retryAfterMs = retryAfterMs;
	}
}

export interface RetryPolicy {
	/** Before the second try; doubles from there on. */
	readonly firstDelayMs: number;
	readonly maxDelayMs: number;
	/** Failures in a row. */
	readonly maxFailures: number;
	/** A registry that asks for more is given up at once. */
	readonly maxRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
	firstDelayMs: 250,
	maxDelayMs: 10_000,
	maxFailures: 6,
	maxRetryAfterMs: 120_000,
};

/**
 * The pause after a failure, or null to give up.
 *
 * @param failures - in a row, this one included
 */
export function retryDelayMs(error: unknown, failures: number, policy: RetryPolicy): number | null {
	if (!(error instanceof TransientError) || failures >= policy.maxFailures) return null;
	const { retryAfterMs } = error;
	if (retryAfterMs !== null && retryAfterMs > policy.maxRetryAfterMs) return null;
	return Math.max(retryAfterMs ?? 0, Math.min(policy.firstDelayMs * 2 ** (failures - 1), policy.maxDelayMs));
}

/** RFC 9110, 10.2.3: seconds or a date. Null where there is neither. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
	if (header === undefined) return null;
	if (/^\d+$/.test(header)) return Number(header) * 1000;
	const dateMs = Date.parse(header);
	return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}
