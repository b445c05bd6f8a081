// Connects the terminal with the guest's console until the guest ends. As with `linuxkit run`, every key goes to the
// guest (also Ctrl-C); Ctrl-A X ends the machine or Ctrl-A D detaches from it.

import { isInForeground } from '../../native/linux/foreground.ts';
import { makeTerminalRaw } from '../terminal/raw-terminal.ts';
import { followScreenSize, type Screen } from './console-size.ts';
import type { Machine } from './machine.ts';

const ctrlA = 0x01;

/** The terminal that the guest uses. */
interface Terminal {
	readonly input: NodeJS.ReadStream;
	readonly output: { write(bytes: Buffer): boolean };
	/** Its size becomes the console's. */
	readonly screen: Screen;
}

/**
 * Resolves when the guest has ended or the user has left; the terminal is then as it was before. A process in the
 * background (`slipway run NAME &`) shows the console, and reads the terminal once it is brought to the foreground.
 *
 * @param letter - Ctrl-A and this letter leave: `x` ends the machine, `d` lets it run on
 */
export async function attachConsole(
	machine: Machine,
	terminal: Terminal,
	letter: 'x' | 'd' = 'x',
): Promise<'ended' | 'quit'> {
	const { output } = terminal;
	const show = (bytes: Buffer): void => void output.write(bytes);
	const { promise: quit, resolve } = Promise.withResolvers<'quit'>();
	const leave = (): void => {
		if (letter === 'd') machine.detach();
		resolve('quit');
	};
	machine.emitter.on('console', show);
	const endSize = followScreenSize(machine, terminal.screen);
	const release = takeKeys(terminal.input, createEscapeFilter({ [letter]: leave }), (keys) =>
		machine.type(keys),
	);
	try {
		const end = await Promise.race([quit, machine.exited.then(() => 'ended' as const)]);
		if (end === 'quit' && letter === 'x') await machine.stop();
		return end;
	} finally {
		machine.emitter.off('console', show);
		endSize();
		release();
	}
}

/** Sends what is typed to `type`; returns the function that gives the terminal back. */
function takeKeys(
	input: NodeJS.ReadStream,
	filter: (bytes: Uint8Array) => Buffer,
	type: (bytes: Buffer) => void,
): () => void {
	let isTaken = false;
	let restore = (): void => undefined;
	const onData = (bytes: Buffer): void => type(filter(bytes));
	const take = (): void => {
		// Whoever reads or sets the terminal in the background is stopped (SIGTTIN, SIGTTOU).
		if (isTaken || (input.isTTY && !isInForeground())) return;
		isTaken = true;
		if (input.isTTY) restore = makeTerminalRaw(input);
		input.on('data', onData);
		input.resume();
	};
	process.on('SIGCONT', take);
	take();
	return () => {
		process.off('SIGCONT', take);
		if (!isTaken) return;
		input.off('data', onData);
		input.pause();
		restore();
	};
}

/**
 * Returns a function that maps typed bytes to those that go to the guest. Ctrl-A and a letter of `actions`, small or capital, calls
 * the action; Ctrl-A Ctrl-A types one Ctrl-A, Ctrl-A before anything else types both.
 */
export function createEscapeFilter(
	actions: Readonly<Record<string, () => void>>,
): (bytes: Uint8Array) => Buffer {
	let escaped = false;
	return (bytes) => {
		const out: number[] = [];
		for (const byte of bytes) {
			if (!escaped && byte === ctrlA) {
				escaped = true;
				continue;
			}
			if (escaped) {
				escaped = false;
				const letter = String.fromCharCode(byte).toLowerCase();
				const action = Object.hasOwn(actions, letter) ? actions[letter] : undefined;
				if (action !== undefined) {
					action();
					continue;
				}
				out.push(ctrlA);
				if (byte === ctrlA) continue;
			}
			out.push(byte);
		}
		return Buffer.from(out);
	};
}
