// Decides whether a signature is too old. Only a time that the key has signed counts: whoever serves the signature can change
// what stands beside it, and the time in a transparency log's entry is signed by the log, whose key Slipway does not know.

export interface AgeLimit {
	readonly maxAgeMs: number;
	readonly nowMs: number;
}

/** The clock of whoever signs may be ahead of ours by this much. */
const maxSkewMs = 24 * 3_600_000;

/**
 * Returns the time in milliseconds, or null for a value that is none.
 *
 * @param value - seconds since 1970: a number, as podman writes it, or digits, as `cosign sign -a timestamp=SECONDS` does
 */
export function signedTimeMs(value: unknown): number | null {
	const seconds = typeof value === 'string' && /^\d{1,11}$/.test(value) ? Number(value) : value;
	return typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds < 1e11
		? seconds * 1000
		: null;
}

/** Returns the reason why a signature of this time does not count; null when it does. */
export function whyTooOld(signedAtMs: number | null, { maxAgeMs, nowMs }: AgeLimit): string | null {
	if (signedAtMs === null)
		return 'one has no signed time, which "maxAge" needs (cosign sign -a timestamp=$(date +%s))';
	const date = new Date(signedAtMs).toISOString().slice(0, 16);
	if (signedAtMs > nowMs + maxSkewMs) return `one is of ${date}, which is in the future`;
	if (nowMs - signedAtMs <= maxAgeMs) return null;
	return `one is of ${date}, ${ageText(nowMs - signedAtMs)} ago, and "maxAge" allows ${ageText(maxAgeMs)}`;
}

function ageText(ageMs: number): string {
	const hours = Math.floor(ageMs / 3_600_000);
	return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
