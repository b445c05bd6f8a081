// The error of a reader of tars whose bytes are something else. Who asked for the tar adds what may stand in its place.

import { fileKind } from './file-kind.ts';
import { SlipwayError } from './slipway-error.ts';

export class NoTarError extends SlipwayError {
	/** @param head - the first bytes, which show what it is */
	constructor(what: string, head: Uint8Array) {
		const kind = fileKind(head);
		super('BAD_IMAGE', `${what} is no tar archive${kind === null ? '' : `: it is ${kind}`}.`);
	}
}

/** Calls `read`; its `NoTarError` gets a sentence more. */
export async function sayingExpected<T>(expected: string, read: () => Promise<T>): Promise<T> {
	try {
		return await read();
	} catch (error) {
		if (error instanceof NoTarError) error.message += ` ${expected}`;
		throw error;
	}
}
