// Ends the machine when a shutdown hangs: in a system call of PID 1's own thread (sync(2) and umount(2) of a dead disk
// never return), in its JavaScript, or in the kernel, on a device that does not shut down.

import { closeSync, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { type PowerAction, rebootCommand } from '../process/power-action.ts';

/** The time of PID 1 after its last step, for its last lines and the call of reboot(2). */
const lastLinesMs = 4_000;
/** The time of the addon to end PID 1. */
const cutMs = 1_000;
/** The time of a whole shutdown beyond its steps. */
export const endMarginMs = lastLinesMs + cutMs;
/** The time of the kernel to shut down its devices, which write their caches then. */
const devicesMs = 30_000;

/**
 * Makes the addon call reboot(2) when the time is up and, if that does not return, sysrq. Sysrq's `b` reboots without
 * waiting for any device. A power-off must not become a reboot, so it uses `o`: that shuts down the devices, too, but
 * does not wait for the task that hangs in reboot(2).
 *
 * @param endsAtMs - the end of the last step, in milliseconds of CLOCK_MONOTONIC
 */
export function armDeadline(
	native: Pick<Native, 'armDeadline' | 'constants'>,
	log: Log,
	action: PowerAction,
	endsAtMs: number,
): void {
	const rebootAtMs = Math.ceil(Math.max(0, endsAtMs)) + lastLinesMs;
	const triggerFd = openOrNull('/proc/sysrq-trigger');
	const noticeFd = openOrNull('/dev/kmsg');
	try {
		native.armDeadline({
			rebootAtMs,
			triggerAtMs: rebootAtMs + devicesMs,
			triggerFd,
			noticeFd,
			command: rebootCommand(action, native),
			key: action === 'reboot' ? 'b' : 'o',
			// Level 2 is shown on the console whatever `quiet` says (Documentation/ABI/testing/dev-kmsg).
			notice: `<2>slipway: the ${action} takes longer than all its limits together: PID 1 hangs, the machine ends now\n`,
		});
	} catch (error) {
		for (const fd of [triggerFd, noticeFd]) if (fd !== null) closeSync(fd);
		log.warn({ stage: 'shutdown' }, `a ${action} that hangs will not be ended: ${String(error)}`);
	}
}

function openOrNull(path: string): number | null {
	try {
		return openSync(path, 'w');
	} catch {
		// Some namespaces and kernels do not have it.
		return null;
	}
}
