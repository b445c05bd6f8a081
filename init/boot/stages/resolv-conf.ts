// Creates an empty file at the target of the link /etc/resolv.conf, so that it can be bound into a DHCP client's container,
// which writes it. This is LinuxKit's convention.

import { closeSync, openSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '../../../native/linux/make-folder.ts';
import { done, type Stage, skipped } from '../stage.ts';

export const resolvConfStage: Stage = {
	name: 'resolv.conf',
	fatal: false,
	timeoutMs: 5_000,
	run() {
		const target = resolvConfTarget();
		if (target === null) return skipped('/etc/resolv.conf is no link');
		makeFolder(dirname(target));
		closeSync(openSync(target, 'a', 0o644));
		return done(target);
	},
};

/** Returns the target of the link /etc/resolv.conf, null when it is no link. */
export function resolvConfTarget(): string | null {
	const path = '/etc/resolv.conf';
	try {
		return resolve(dirname(path), readlinkSync(path));
	} catch {
		return null;
	}
}
