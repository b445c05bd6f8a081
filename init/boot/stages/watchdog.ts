// `slipway.watchdog=30s`: PID 1 feeds /dev/watchdog from its event loop, so that one that hangs ends in a reset by the
// hardware, or by the kernel where there is none (Documentation/watchdog/watchdog-api.rst). It is fed until the very
// end: a shutdown that hangs ends so, too.

import { closeSync, existsSync, constants as fsConstants, openSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import type { Native } from '../../../native/native.ts';
import type { Log } from '../../../supervisor/context/log.ts';
import { ModuleLoader } from '../../modules/module-loader.ts';
import { ModuleTree } from '../../modules/module-tree.ts';
import { done, type Stage, type StageContext, skipped } from '../stage.ts';

const device = '/dev/watchdog';
/** The kernel's own, where the machine has none. */
const substitute = 'softdog';
/** One missed beat must not be the end. */
const beatsPerTimeout = 3;

export const watchdogStage: Stage = {
	name: 'watchdog',
	fatal: false,
	timeoutMs: 10_000,
	run(context) {
		const { watchdogSeconds } = context.commandLine;
		if (watchdogSeconds === null) return skipped('slipway.watchdog= does not ask for one');
		if (!existsSync(device)) loadSubstitute(context);
		const seconds = feed(context.native, context.log, watchdogSeconds);
		return done(`${device}, ${seconds} s`);
	},
	/** It bites unless it is fed again: the crash has closed it, but not stopped it. */
	resume({ native, log, commandLine }) {
		if (commandLine.watchdogSeconds !== null) feed(native, log, commandLine.watchdogSeconds);
	},
};

/** Returns the time that the device has taken, which may know but some. */
function feed(native: Pick<Native, 'setWatchdogTimeout'>, log: Log, wantedSeconds: number): number {
	const fd = openSync(device, fsConstants.O_WRONLY);
	let seconds: number;
	try {
		seconds = native.setWatchdogTimeout(fd, wantedSeconds);
	} catch (error) {
		// Open it would bite, and nobody fed it. `V` is the word that lets it sleep.
		writeSync(fd, 'V');
		closeSync(fd);
		throw error;
	}
	const beat = (): void => {
		try {
			writeSync(fd, '\0');
		} catch (error) {
			log.error({ stage: 'watchdog' }, `${device} was not fed: ${String(error)}`);
		}
	};
	beat();
	setInterval(beat, (seconds * 1000) / beatsPerTimeout);
	return seconds;
}

function loadSubstitute({ native, log }: StageContext): void {
	const tree = new ModuleTree(`/lib/modules/${release()}`, '/etc/modprobe.d');
	const loader = new ModuleLoader(native, tree, ({ name, reason }) =>
		log.warn({ stage: 'watchdog', module: name }, `module ${name} was not loaded: ${reason}`),
	);
	loader.load(substitute);
}
