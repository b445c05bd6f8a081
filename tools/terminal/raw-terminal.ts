// The raw mode of the own terminal, as cfmakeraw(3) sets it: each key goes on as it is, and so does each byte that is shown.

import { spawnSync } from 'node:child_process';

/**
 * Returns the function that restores the terminal; idempotent. Node restores it when the process exits otherwise. Messages of this
 * process need `\r\n` meanwhile.
 *
 * @param stdin - that of this process
 */
export function makeTerminalRaw(stdin: NodeJS.ReadStream): () => void {
	stdin.setRawMode(true);
	// Node's raw mode makes "\r\n" of each "\n" that is shown, and what comes from the guest's terminal has its "\r" already. Without
	// stty(1), only that "\r" comes twice.
	spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
	return () => void stdin.setRawMode(false);
}
