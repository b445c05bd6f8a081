// The header Range of a request (RFC 9110, 14). Several ranges at once are not supported, which a server may choose.

export interface ByteRange {
	readonly from: number;
	/** The last byte. */
	readonly to: number;
}

/** Returns null when the whole file is the answer, and `unsatisfiable` when no byte is in the range (status 416). */
export function parseRange(
	header: string | undefined,
	sizeBytes: number,
): ByteRange | 'unsatisfiable' | null {
	const [, first = '', last = ''] = /^bytes=(\d{0,16})-(\d{0,16})$/i.exec(header ?? '') ?? [];
	if (first === '' && last === '') return null;
	if (first === '') {
		const length = Math.min(Number(last), sizeBytes);
		return length === 0 ? 'unsatisfiable' : { from: sizeBytes - length, to: sizeBytes - 1 };
	}
	const from = Number(first);
	if (last !== '' && Number(last) < from) return null;
	if (from >= sizeBytes) return 'unsatisfiable';
	return { from, to: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) };
}
