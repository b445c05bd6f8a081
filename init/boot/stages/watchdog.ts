// `slipway.watchdog=30s`: PID 1 feeds /dev/watchdog from its event loop. When PID 1 hangs, the hardware resets the machine,
// or the kernel when there is no such hardware (Documentation/watchdog/watchdog-api.rst). PID 1 feeds it until the very
// end, so the watchdog ends a shutdown that hangs, too.

import { closeSync, existsSync, constants as fsConstants, openSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import type { Native } from '../../../native/native.ts';
import type { Log } from '../../../supervisor/context/log.ts';
import { modprobeFolders } from '../../modules/modprobe-settings.ts';
import { ModuleLoader } from '../../modules/module-loader.ts';
import { ModuleTree } from '../../modules/module-tree.ts';
import { done, type Stage, type StageContext, skipped } from '../stage.ts';

const device = '/dev/watchdog';
/** The kernel's watchdog for machines without the hardware. */
const substitute = 'softdog';
/** One missed beat must not reset the machine. */
const beatsPerTimeout = 3;

export const watchdogStage: Stage = {
	name: 'watchdog',
	fatal: false,
	timeoutMs: 10_000,
	run(context) {
		const { watchdogSeconds } = context.commandLine;
		if (watchdogSeconds === null) return skipped('slipway.watchdog= is not set');
		if (!existsSync(device)) loadSubstitute(context);
		const seconds = feed(context.native, context.log, watchdogSeconds);
		return done(`${device}, ${seconds} s`);
	},
	/** The crash has closed the watchdog but not stopped it: it resets the machine unless it is fed again. */
	resume({ native, log, commandLine }) {
		if (commandLine.watchdogSeconds !== null) feed(native, log, commandLine.watchdogSeconds);
	},
};

/** Returns the timeout in seconds that the device has set: it may support only some. */
function feed(native: Pick<Native, 'setWatchdogTimeout'>, log: Log, wantedSeconds: number): number {
	const fd = openSync(device, fsConstants.O_WRONLY);
	let seconds: number;
	try {
		seconds = native.setWatchdogTimeout(fd, wantedSeconds);
	} catch (error) {
		// It is open and would reset the machine, because nothing feeds it. `V` stops it.
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
	const tree = new ModuleTree(`/lib/modules/${release()}`, modprobeFolders);
	const loader = new ModuleLoader(native, tree, ({ name, reason }) =>
		log.warn({ stage: 'watchdog', module: name }, `module ${name} was not loaded: ${reason}`),
	);
	loader.load(substitute);
}
