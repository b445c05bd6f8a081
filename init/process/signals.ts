// The signals that PID 1 acts upon. All others have no effect on PID 1 by the kernel's own rule: a signal without
// a handler is not delivered to the init of a pid namespace (pid_namespaces(7)).

import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { actionOfSignal, type PowerAction } from './power-action.ts';

interface SignalHandlers {
	readonly onPowerRequest: (action: PowerAction, signal: NodeJS.Signals) => void;
	readonly onChildExit: () => void;
}

/**
 * SIGUSR1 means "open the inspector's TCP port" to Node until somebody listens for it: so first of all somebody
 * does. (Not `--disable-sigusr1`: Node 26 then leaves the signal blocked, and no listener is ever called.)
 */
export function keepInspectorClosed(): void {
	process.on('SIGUSR1', () => undefined);
}

export function handleSignals(native: Pick<Native, 'reboot' | 'constants'>, handlers: SignalHandlers): void {
	process.on('SIGCHLD', handlers.onChildExit);
	for (const [signal, action] of actionOfSignal) {
		process.on(signal, () => handlers.onPowerRequest(action, signal));
	}
	// Ctrl-Alt-Del as a signal to us instead of an immediate reboot. Not allowed outside the first pid namespace.
	try {
		native.reboot(constant(native, 'RB_DISABLE_CAD'));
	} catch {
		// EINVAL or EPERM there.
	}
}
