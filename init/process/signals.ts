// The signals that PID 1 handles. All others have no effect on it: the kernel delivers no signal without a handler to the
// init of a pid namespace (pid_namespaces(7)).

import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { actionOfSignal, type PowerAction } from './power-action.ts';

interface SignalHandlers {
	readonly onPowerRequest: (action: PowerAction, signal: NodeJS.Signals) => void;
	readonly onChildExit: () => void;
}

/**
 * Node opens the inspector's TCP port on SIGUSR1 unless the signal has a listener, so this one comes first of all.
 * (`--disable-sigusr1` does not do: Node 26 then leaves the signal blocked, and no listener is ever called.)
 */
export function keepInspectorClosed(): void {
	process.on('SIGUSR1', () => undefined);
}

export function handleSignals(native: Pick<Native, 'reboot' | 'constants'>, handlers: SignalHandlers): void {
	process.on('SIGCHLD', handlers.onChildExit);
	for (const [signal, action] of actionOfSignal) {
		process.on(signal, () => handlers.onPowerRequest(action, signal));
	}
	// Ctrl-Alt-Del becomes a signal to PID 1 instead of an immediate reboot.
	try {
		native.reboot(constant(native, 'RB_DISABLE_CAD'));
	} catch {
		// EINVAL or EPERM outside of the first pid namespace.
	}
}
