// Keeps the logs that QEMU writes for a machine, also when no slipway runs: bounds them, and touches them once QEMU has ended, so that their
// time is that of the end also when QEMU was killed in silence. To bound them, a small process of the shell frees an old
// part on the disk, all but the beginning, which tells of the boot. The part becomes a hole (fallocate(2),
// FALLOC_FL_PUNCH_HOLE), so that offsets stay, QEMU and followers notice nothing, and no byte is lost between a copy and a
// cut. `ls -s` shows what a log takes.

import { spawn } from 'node:child_process';
import type { MachineFiles } from './machine-directories.ts';

export interface LogLimits {
	/** A log that takes more is made smaller. */
	readonly maxBytes: number;
	/** The last part of a log, which stays at least. */
	readonly keptBytes: number;
	readonly intervalS: number;
}

/** The first part of a log, which stays, too: the events of a boot take a tenth of it. */
export const keptFirstBytes = 2 ** 17;

const mebibyte = 2 ** 20;
const machineLogLimits: LogLimits = {
	maxBytes: 32 * mebibyte,
	keptBytes: 16 * mebibyte,
	intervalS: 30,
};

/**
 * The script uses coreutils and util-linux only. timeout(1) exits with 124 at the end of each interval; anything else means that
 * the process has ended. A file system without holes keeps the whole log.
 */
const script = `
pid=$1 max=$2 kept=$3 interval=$4 first=$5
shift 5
while
  timeout "$interval" tail --pid="$pid" -s 5 -f /dev/null
  [ $? = 124 ]
do
  for log; do
    size=$(stat -c %s "$log") blocks=$(stat -c %b "$log")
    if [ $((blocks * 512)) -gt "$max" ]; then
      fallocate --punch-hole --offset "$first" --length $(((size - kept) / 4096 * 4096 - first)) "$log"
    fi
  done
done
touch -c -- "$@"`;

/** Starts the keeper, which ends within seconds after the process `pid`. It is not waited for. */
export function keepLogsSmall(
	pid: number,
	{ consoleLog, eventLog }: Pick<MachineFiles, 'consoleLog' | 'eventLog'>,
	{ maxBytes, keptBytes, intervalS }: LogLimits = machineLogLimits,
): void {
	const numbers = [pid, maxBytes, keptBytes, intervalS, keptFirstBytes].map(String);
	const keeper = spawn('/bin/sh', ['-c', script, 'slipway-log-keeper', ...numbers, consoleLog, eventLog], {
		stdio: 'ignore',
		// A session of its own: a Ctrl-C on the terminal does not reach it.
		detached: true,
		cwd: '/',
	});
	// A machine runs on without it.
	keeper.on('error', () => undefined);
	keeper.unref();
}
