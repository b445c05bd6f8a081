// A machine that another command has started, for use like one's own: to watch it, to type, to end it.

import { SlipwayError } from '../errors.ts';
import { type Machine, type MachineExit, machineOf } from './machine.ts';
import { machineFiles } from './machine-directories.ts';
import { logTails } from './machine-snapshot.ts';
import type { MachineEntry } from './machine-state.ts';
import { runtimeOf } from './running-machines.ts';
import { shutdownOf, type WatchedMachine, watchMachine } from './watch-machine.ts';

const pollMs = 100;

/**
 * Follows the machine from the last part of its logs on. Its exit code is 0 after a shutdown of the guest, else null: only
 * the process that started QEMU learns QEMU's own. Throws a `SlipwayError` when it does not run.
 */
export function adoptMachine({
	record,
	place,
	pid,
}: Pick<MachineEntry, 'place' | 'pid'> & { readonly record: { readonly name: string } }): Machine {
	if (pid === null) throw new SlipwayError('NO_FILE', `The machine ${record.name} does not run.`);
	const files = machineFiles(place);
	const isAlive = (): boolean => runtimeOf(pid) === place.runtime;
	const kill = (signal: NodeJS.Signals): void => {
		if (isAlive()) process.kill(pid, signal);
	};
	const watched = watchMachine(files, logTails(files), () => kill('SIGTERM'));
	const { promise: exited, resolve } = Promise.withResolvers<MachineExit>();
	const polling = setInterval(() => {
		if (isAlive()) return;
		clearInterval(polling);
		watched.finish();
		resolve(exitOf(watched));
	}, pollMs);
	return machineOf({ pid, monitor: files.qmp, kill, unref: () => clearInterval(polling) }, watched, exited);
}

function exitOf({ seen }: WatchedMachine): MachineExit {
	const shutdown = shutdownOf(seen);
	const exitCode = shutdown === null ? null : 0;
	return { exitCode, signal: null, shutdown, lost: seen.lost, qemuSays: '' };
}
