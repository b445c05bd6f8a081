// An empty resolv.conf where /etc/resolv.conf points to, so that a DHCP client's container can have it bound and
// write it: LinuxKit's convention.

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

/** Null where /etc/resolv.conf is no link. */
export function resolvConfTarget(): string | null {
	const path = '/etc/resolv.conf';
	try {
		return resolve(dirname(path), readlinkSync(path));
	} catch {
		return null;
	}
}
