// All of cgroup v2's controllers, passed on to the cgroups below the root (Documentation/admin-guide/cgroup-v2.rst):
// without that no container could be given a limit.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { guestPaths } from '../../supervisor/contract/layout.ts';

const root = guestPaths.cgroup;

/** Returns those that the kernel has but refused to pass on. */
export function passControllersOn(): string[] {
	const controllers = readFileSync(`${root}/cgroup.controllers`, 'utf8').trim().split(/\s+/);
	// One by one: a write is all or nothing.
	const refused = controllers.filter((name) => name !== '' && !enable(name));
	makeFirstCgroup();
	return refused;
}

/**
 * With the first cgroup the kernel switches its accounting of memory on, by patching its own code
 * (`memcg_kmem_enabled_key`) in the middle of the page allocator. QEMU's TCG with several CPUs can lose such a
 * patch when another CPU runs that code at the time: that CPU then meets the breakpoint of the patch for ever. Now
 * all others are idle; when the first container starts they are not.
 */
function makeFirstCgroup(): void {
	mkdirSync(`${root}/slipway`);
	rmdirSync(`${root}/slipway`);
}

function enable(controller: string): boolean {
	try {
		writeFileSync(`${root}/cgroup.subtree_control`, `+${controller}`);
		return true;
	} catch {
		return false;
	}
}
