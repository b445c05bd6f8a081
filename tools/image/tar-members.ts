// A tar as a stream of members, by tar-stream. One member at a time: its bytes must be taken (or are passed over)
// before the next is asked for.

import { pipeline, Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { SlipwayError } from '../commands/command.ts';

export interface TarMember {
	readonly header: Header;
	/** At most once. */
	content(): AsyncIterable<Uint8Array>;
}

/** @param what - names the tar in an error */
export async function* tarMembers(
	bytes: AsyncIterable<Uint8Array>,
	what: string,
): AsyncGenerator<TarMember, void> {
	const members = extract();
	let failure: Error | null = null;
	pipeline(Readable.from(bytes, { objectMode: false }), members, (error) => {
		failure ??= error ?? null;
	});
	try {
		for await (const member of members) {
			let taken = false;
			yield {
				header: member.header,
				content() {
					taken = true;
					return member as AsyncIterable<Uint8Array>;
				},
			};
			if (!taken) member.resume();
		}
	} catch (cause) {
		const reason = failure ?? cause;
		if (reason instanceof SlipwayError) throw reason;
		throw new SlipwayError('BAD_TAR', `${what} is not a whole tar: ${(reason as Error).message}.`, {
			cause: reason,
		});
	}
	if (failure !== null) throw failure;
}
