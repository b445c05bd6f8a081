// The three ways in which a system ends, and the signals that request them from PID 1.

import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';

export type PowerAction = 'poweroff' | 'reboot' | 'halt';

/**
 * The signals are those of busybox's init (`init/init.c`), which LinuxKit's users know, and SIGPWR, by which a
 * supervisor of virtual machines or a UPS daemon requests a power-off. The kernel turns Ctrl-Alt-Del into SIGINT once
 * `RB_DISABLE_CAD` is set (reboot(2)).
 */
export const actionOfSignal: ReadonlyMap<NodeJS.Signals, PowerAction> = new Map([
	['SIGTERM', 'reboot'],
	['SIGINT', 'reboot'],
	['SIGUSR1', 'halt'],
	['SIGUSR2', 'poweroff'],
	['SIGPWR', 'poweroff'],
]);

/** The signals that the commands `poweroff`, `reboot` and `halt` send to PID 1. */
export const signalOfAction: Readonly<Record<PowerAction, NodeJS.Signals>> = {
	poweroff: 'SIGUSR2',
	reboot: 'SIGTERM',
	halt: 'SIGUSR1',
};

/** Returns the command of reboot(2) for an action. */
export function rebootCommand(action: PowerAction, native: Pick<Native, 'constants'>): number {
	const names = { poweroff: 'RB_POWER_OFF', reboot: 'RB_AUTOBOOT', halt: 'RB_HALT_SYSTEM' } as const;
	return constant(native, names[action]);
}
