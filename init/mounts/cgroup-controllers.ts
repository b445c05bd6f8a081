// All of cgroup v2's controllers, passed on to the cgroups below the root (Documentation/admin-guide/cgroup-v2.rst):
// without that no container could be given a limit.

import { readFileSync, writeFileSync } from 'node:fs';

const root = '/sys/fs/cgroup';

/** Returns those that the kernel has but refused to pass on. */
export function passControllersOn(): string[] {
	const controllers = readFileSync(`${root}/cgroup.controllers`, 'utf8').trim().split(/\s+/);
	// One by one: a write is all or nothing.
	return controllers.filter((name) => name !== '' && !enable(name));
}

function enable(controller: string): boolean {
	try {
		writeFileSync(`${root}/cgroup.subtree_control`, `+${controller}`);
		return true;
	} catch {
		return false;
	}
}
