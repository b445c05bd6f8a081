// `poweroff`, `reboot`, `halt`: ask PID 1 by signal, as busybox's commands do.

import { type PowerAction, signalOfAction } from '../power-action.ts';

export function requestPowerAction(action: PowerAction): void {
	try {
		process.kill(1, signalOfAction[action]);
	} catch (cause) {
		console.error(`${action}: PID 1 could not be asked: ${cause instanceof Error ? cause.message : cause}`);
		process.exitCode = 1;
	}
}
