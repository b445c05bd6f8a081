// The script `pid1`: starts PID 1 (pid1.ts), and keeps the machine up when that fails.

import { keepInspectorClosed } from './process/signals.ts';

void main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
	if (process.pid !== 1) {
		console.error('init: must be started as PID 1. To end the system call poweroff, reboot or halt.');
		process.exitCode = 1;
		return;
	}
	keepInspectorClosed();
	// The last resort: a PID 1 that ends is a kernel panic, while the console of one that only waits can still be read.
	const neverEnd = setInterval(() => undefined, 3_600_000);
	try {
		const { runPid1 } = await import('./pid1.ts');
		await runPid1(args.includes('--resumed'));
		clearInterval(neverEnd);
	} catch (error) {
		console.error('init: PID 1 could not be started; it waits for a reset.', error);
	}
}
