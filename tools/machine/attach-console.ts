// Connects the terminal with the guest's console until the guest ends. As with `linuxkit run`, every key goes to the
// guest (also Ctrl-C), and Ctrl-A X ends the machine.

import type { Machine } from './machine.ts';

const ctrlA = 0x01;

/** The terminal that the guest uses. */
interface Terminal {
	readonly input: NodeJS.ReadStream;
	readonly output: NodeJS.WritableStream;
}

/** Resolves when the guest has ended, by itself or by Ctrl-A X; the terminal is then as it was before. */
export async function attachConsole(machine: Machine, terminal: Terminal): Promise<'ended' | 'quit'> {
	const { input, output } = terminal;
	const show = (bytes: Buffer): void => void output.write(bytes);
	let end: 'ended' | 'quit' = 'ended';
	const filter = createEscapeFilter(() => {
		end = 'quit';
		void machine.stop();
	});
	const type = (bytes: Buffer): void => machine.type(filter(bytes));
	machine.emitter.on('console', show);
	if (input.isTTY) input.setRawMode(true);
	input.on('data', type);
	input.resume();
	try {
		await machine.exited;
		return end;
	} finally {
		machine.emitter.off('console', show);
		input.off('data', type);
		input.pause();
		if (input.isTTY) input.setRawMode(false);
	}
}

/**
 * Returns a function that maps typed bytes to those that go to the guest. Ctrl-A X (or x) calls `onQuit`, Ctrl-A Ctrl-A types one Ctrl-A,
 * Ctrl-A before anything else types both.
 */
export function createEscapeFilter(onQuit: () => void): (bytes: Uint8Array) => Buffer {
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
				if (byte === 0x78 || byte === 0x58) {
					onQuit();
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
