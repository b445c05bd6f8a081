// The key that ends a screen which refreshes itself, as in top(1) and less(1).

import { spawnSync } from 'node:child_process';

const quitKeys = ['q', 'Q', '\u0003'];

/**
 * Ends the process, without an error, when q is typed, or Ctrl-C where the terminal makes no signal of it. Does nothing when
 * stdin is no terminal.
 *
 * @param stdin - that of this process
 * @returns the function that restores the terminal; idempotent
 */
export function quitOnKey(stdin: NodeJS.ReadStream): () => void {
	if (!stdin.isTTY) return () => {};
	stdin.setRawMode(true);
	// Ctrl-C, Ctrl-\ and Ctrl-Z stay signals. Without stty(1), Ctrl-C is one of the keys.
	spawnSync('stty', ['isig'], { stdio: ['inherit', 'ignore', 'ignore'] });
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
	return restore;
}
