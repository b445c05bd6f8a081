// The key that ends a screen which refreshes itself, as in top(1) and less(1).

import { isInForeground } from './foreground.ts';

const quitKeys = ['q', 'Q', '\u0003'];

/**
 * Ends the process, without an error, when q is typed, or Ctrl-C where the terminal makes no signal of it. Does nothing when
 * stdin is no terminal, or the process is in the background: the terminal would stop it.
 *
 * @param stdin - that of this process
 * @param keepSignals - lets the terminal make signals of Ctrl-C, Ctrl-\ and Ctrl-Z again. Without it, Ctrl-C is one of the keys
 * @returns the function that restores the terminal; idempotent
 */
export function quitOnKey(stdin: NodeJS.ReadStream, keepSignals: () => void = () => {}): () => void {
	if (!stdin.isTTY || !isInForeground()) return () => {};
	stdin.setRawMode(true);
	keepSignals();
	const restore = (): void => {
		stdin.off('data', onKeys);
		stdin.pause();
		stdin.setRawMode(false);
	};
	const onKeys = (bytes: Buffer): void => {
		if (!quitKeys.some((key) => bytes.toString('latin1').includes(key))) return;
		restore();
		// An answer of the guest may take long, and nobody waits for it any more.
		process.exit(0);
	};
	stdin.on('data', onKeys);
	// A command that fails ends by itself.
	stdin.unref();
	return restore;
}
