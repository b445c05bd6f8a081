// Prints the results of a command: each as a line when it is there, or all at the end as one JSON array.

import { jsonText } from '../../native/text/json-text.ts';
import type { Streams } from './streams.ts';

export interface ResultList<T> {
	add(result: T): void;
	/** Call once, after the last result. */
	end(): void;
}

/** @param line - for people; without a line end */
export function resultList<T extends object>(
	{ out }: Pick<Streams, 'out'>,
	isJson: boolean,
	line: (result: T) => string,
): ResultList<T> {
	const all: T[] = [];
	return {
		add(result) {
			if (isJson) all.push(result);
			else out.write(`${line(result)}\n`);
		},
		end() {
			if (isJson) out.write(jsonText(all, withoutLine));
		},
	};
}

/** A field `line` is for people. */
function withoutLine(key: string, value: unknown): unknown {
	return key === 'line' ? undefined : value;
}

/** An image that was pulled or pushed. */
export interface Moved {
	readonly reference: string;
	readonly digest: string;
	/** Reports that there was nothing to send or fetch. */
	readonly upToDate: boolean;
}

export function movedLine({ reference, digest }: Moved): string {
	return `${reference} ${digest}`;
}
