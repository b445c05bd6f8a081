// The end of a shutdown that hangs: in a system call of PID 1's own thread (sync(2) and umount(2) of a dead disk never
// return), in its JavaScript, or in the kernel, on a device that does not let itself be shut down.

import { closeSync, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { type PowerAction, rebootCommand } from '../process/power-action.ts';

/** What PID 1 has after its last step, for its last lines and the call of reboot(2). */
const lastLinesMs = 4_000;
/** And what the addon has to cut it. */
const cutMs = 1_000;
/** Of the whole, beyond its steps. */
export const END_MARGIN_MS = lastLinesMs + cutMs;
/** What the kernel has to shut down its devices, which write their caches then. */
const devicesMs = 30_000;

/**
 * The addon calls reboot(2) when the time has come and, should that not return, pulls the plug through sysrq, which
 * waits for no device. (`o` is no such plug, for it shuts down the devices, too; but not waiting for whoever hangs in
 * reboot(2) it may come further. A machine that is to be off must not run again by `b`.)
 *
 * @param endsAtMs - of the last step
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
			...{ rebootAtMs, triggerAtMs: rebootAtMs + devicesMs, triggerFd, noticeFd },
			command: rebootCommand(action, native),
			key: action === 'reboot' ? 'b' : 'o',
			// Level 2 is shown on the console whatever `quiet` says (Documentation/ABI/testing/dev-kmsg).
			notice: `<2>slipway: the ${action} takes longer than all its limits together: PID 1 hangs, the machine ends now\n`,
		});
	} catch (error) {
		for (const fd of [triggerFd, noticeFd]) if (fd !== null) closeSync(fd);
		log.warn({ stage: 'shutdown' }, `nothing cuts a ${action} that hangs: ${String(error)}`);
	}
}

function openOrNull(path: string): number | null {
	try {
		return openSync(path, 'w');
	} catch {
		// Not in every namespace, nor in every kernel.
		return null;
	}
}
