// Loads the profile of AppArmor that a container names, before its runtime applies it: the kernel takes a compiled policy by one
// write (kernel: Documentation/admin-guide/LSM/apparmor.rst). A container whose profile can't be loaded does not start.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { isRecord, type JsonRecord } from '../contract/json-shape.ts';
import type { GuestPaths } from '../contract/layout.ts';

export type ApparmorPaths = Pick<GuestPaths, 'apparmor' | 'apparmorPolicies'>;

/** A file of the policies, and no other path. */
const fileName = /^[A-Za-z0-9][\w.-]*$/;

/** Loads the profile unless it is loaded. Throws an error whose message ends a sentence about the container. */
export function requireProfile(spec: JsonRecord, paths: ApparmorPaths): void {
	const { process } = spec;
	const profile = isRecord(process) ? process['apparmorProfile'] : undefined;
	if (typeof profile !== 'string' || profile === '' || profile === 'unconfined') return;
	if (!existsSync(paths.apparmor)) {
		const cause = 'the kernel has no AppArmor, or its command line turns it off';
		const advice = 'Leave out "apparmor=0", "security=" and "lsm=", or "apparmor" of the container';
		throw new Error(`its AppArmor profile ${profile} can't be applied: ${cause}. ${advice}`);
	}
	if (isEnforced(profile, paths)) return;
	const policy = readPolicy(profile, paths);
	try {
		// One write: the kernel takes it as a whole.
		writeFileSync(join(paths.apparmor, '.replace'), policy);
	} catch (error) {
		throw new Error(`the kernel refuses its AppArmor profile ${profile}: ${errorMessage(error)}`, {
			cause: error,
		});
	}
}

/** Returns what confines a process, such as `slipway-default (enforce)`; null when nothing does, or the kernel has no AppArmor. */
export function apparmorProfileOf(pid: number): string | null {
	const text = readTextOrEmpty(`/proc/${pid}/attr/apparmor/current`).trim();
	return text === '' || text === 'unconfined' ? null : text;
}

function isEnforced(profile: string, { apparmor }: ApparmorPaths): boolean {
	return readTextOrEmpty(join(apparmor, 'profiles')).split('\n').includes(`${profile} (enforce)`);
}

function readPolicy(profile: string, { apparmorPolicies }: ApparmorPaths): Buffer {
	try {
		if (fileName.test(profile)) return readFileSync(join(apparmorPolicies, profile));
	} catch (error) {
		if (!hasCode(error, 'ENOENT')) throw error;
	}
	const advice = 'Add slipway/apparmor:v1 to "init", which has slipway-default';
	throw new Error(`its AppArmor profile ${profile} is neither loaded nor in ${apparmorPolicies}. ${advice}`);
}
