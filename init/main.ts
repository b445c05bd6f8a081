// One executable, several programs: which one is told by the name it is called by. PID 1's story is in pid1.ts.

import { basename } from 'node:path';
import { keepInspectorClosed } from './signals.ts';

void main(basename(process.argv0), process.argv.slice(2));

async function main(name: string, args: readonly string[]): Promise<void> {
	switch (name) {
		case 'poweroff':
		case 'reboot':
		case 'halt': {
			const { requestPowerAction } = await import('./applets/power.ts');
			requestPowerAction(name);
			return;
		}
		case 'modprobe': {
			const { modprobe } = await import('./applets/modprobe.ts');
			const { loadNative } = await import('./load-native.ts');
			process.exitCode = modprobe(loadNative(), args);
			return;
		}
		case 'service': {
			const { serviceCommand } = await import('../supervisor/command/service-command.ts');
			const { GUEST_PATHS } = await import('../supervisor/guest-paths.ts');
			const { monotonicMs } = await import('./monotonic.ts');
			process.exitCode = await serviceCommand(args, GUEST_PATHS.controlSocket, {
				...{ out: process.stdout, err: process.stderr },
				nowSeconds: () => monotonicMs() / 1000,
			});
			return;
		}
		case 'orphans': {
			const { makeOrphans } = await import('./applets/orphans.ts');
			const { loadNative } = await import('./load-native.ts');
			makeOrphans(loadNative());
			return;
		}
		default:
			await init(args);
	}
}

async function init(args: readonly string[]): Promise<void> {
	if (process.pid !== 1) {
		console.error('init: must be started as PID 1. To end the system call poweroff, reboot or halt.');
		process.exitCode = 1;
		return;
	}
	keepInspectorClosed();
	// The last resort: PID 1 that ends is a kernel panic, and one that only waits can still be read.
	const neverEnd = setInterval(() => undefined, 3_600_000);
	try {
		const { runPid1 } = await import('./pid1.ts');
		await runPid1(args.includes('--resumed'));
		clearInterval(neverEnd);
	} catch (error) {
		console.error('init: PID 1 could not be started; it waits for a reset.', error);
	}
}
