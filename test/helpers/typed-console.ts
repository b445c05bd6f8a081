// A console as a person has it: what is typed, and what it shows.

import type { Machine } from '../../tools/machine/machine.ts';
import { eventually } from './eventually.ts';

const timeoutMs = 120_000;

export interface TypedConsole {
	type(text: string): void;
	/** Returns the match in what the console has shown since the last one. */
	shows(pattern: RegExp): Promise<RegExpExecArray>;
	close(): void;
}

export function openTypedConsole({ emitter, type }: Pick<Machine, 'emitter' | 'type'>): TypedConsole {
	let text = '';
	const add = (bytes: Buffer): void => {
		text += bytes.toString('latin1');
	};
	emitter.on('console', add);
	return {
		type,
		async shows(pattern) {
			const what = `${pattern} on the console`;
			const match = await eventually(() => pattern.exec(text), { timeoutMs, what }).catch(
				(error: unknown) => {
					throw new Error(`${String(error)}\n${JSON.stringify(text)}`);
				},
			);
			text = text.slice(match.index + match[0].length);
			return match;
		},
		close: () => void emitter.off('console', add),
	};
}
