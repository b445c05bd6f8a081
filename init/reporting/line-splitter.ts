// Bytes into lines, with a limit: what comes from outside may never send a line end.

export class LineSplitter {
	readonly #maxBytes: number;
	#rest = '';

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	/** The lines that are complete now, without their ends. */
	add(bytes: Buffer): string[] {
		const lines = (this.#rest + bytes.toString('latin1')).split('\n');
		const rest = lines.pop() ?? '';
		this.#rest = rest.length > this.#maxBytes ? '' : rest;
		return lines
			.map((line) => Buffer.from(line, 'latin1').toString('utf8').trim())
			.filter((line) => line !== '');
	}
}
