// Waits for what a guest prints. A guest that ends, panics or prints nothing any more is an error that says so.

import { SlipwayError } from '../../../tools/errors.ts';
import type { Machine } from '../../../tools/machine/machine.ts';
import { describeExit, withLastLines } from '../../../tools/machine/machine-end.ts';

const silenceMs = 300_000;

export interface ConsoleWatch {
	/** All that the console has printed so far. */
	text(): string;
	/**
	 * Resolves once `isSeen` accepts the text. Throws a `SlipwayError` with the guest's last lines when that can't happen any
	 * more; `what` names what was waited for.
	 */
	until(what: string, isSeen: (text: string) => boolean): Promise<void>;
}

export function watchConsole(machine: Machine): ConsoleWatch {
	let text = '';
	machine.emitter.on('console', (bytes) => {
		text += bytes.toString('latin1');
	});
	return {
		text: () => text,
		async until(what, isSeen) {
			while (!isSeen(text)) {
				const failure = await consoleGrows(machine);
				// The last lines of a guest that has ended may have come with its end.
				if (failure === null || isSeen(text)) continue;
				const error = new SlipwayError('GUEST_FAILED', `The boot did not come to ${what}: ${failure}.`);
				throw withLastLines(error, machine);
			}
		},
	};
}

/** Returns null after new text, or words that end a sentence when no more text will come. */
async function consoleGrows(machine: Machine): Promise<string | null> {
	const { promise, resolve } = Promise.withResolvers<string | null>();
	const grows = (): void => resolve(null);
	const isLost = (reason: string): void => resolve(reason);
	const timer = setTimeout(resolve, silenceMs, `the console was silent for ${silenceMs / 1000} s`);
	machine.emitter.once('console', grows);
	machine.emitter.once('lost', isLost);
	void machine.exited.then((exit) => resolve(describeExit(exit)));
	return await promise.finally(() => {
		clearTimeout(timer);
		machine.emitter.off('console', grows);
		machine.emitter.off('lost', isLost);
	});
}
