// `poweroff`, `reboot`, `halt`: send a signal to PID 1, as busybox's commands do.

import { errorMessage } from '../../native/text/error-message.ts';
import { type PowerAction, signalOfAction } from '../process/power-action.ts';

/** Returns the exit code. */
export function requestPowerAction(action: PowerAction): number {
	try {
		process.kill(1, signalOfAction[action]);
		return 0;
	} catch (cause) {
		console.error(`${action}: PID 1 could not be asked: ${errorMessage(cause)}`);
		return 1;
	}
}
