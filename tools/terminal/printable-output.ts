// Output of a guest on its way to the user. A terminal gets it through the filter of native/text/printable.ts; a file or a pipe gets the
// bytes as they are.

import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { printableLines } from '../../native/text/printable.ts';

/** Returns a stream that writes to `out` and does not end it. */
export function printableOutput(out: NodeJS.WritableStream): Writable {
	const isTerminal = 'isTTY' in out && out.isTTY === true;
	const decoder = new StringDecoder('utf8');
	return new Writable({
		write(bytes: Buffer, _encoding, done) {
			const passed = isTerminal ? printableLines(withoutReturns(decoder.write(bytes))) : bytes;
			out.write(passed, () => done());
		},
	});
}

/** A terminal needs none, and the filter would make a space of each. */
function withoutReturns(text: string): string {
	return text.replaceAll('\r\n', '\n');
}
