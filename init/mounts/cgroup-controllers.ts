// Enables all of cgroup v2's controllers for the cgroups below the root (Documentation/admin-guide/cgroup-v2.rst): no
// container could have a limit without them.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { guestPaths } from '../../supervisor/contract/layout.ts';

const root = guestPaths.cgroup;

/** Returns the controllers that the kernel has but refuses to enable. */
export function passControllersOn(): string[] {
	const controllers = readFileSync(`${root}/cgroup.controllers`, 'utf8').trim().split(/\s+/);
	// One at a time: a write enables all or nothing.
	const refused = controllers.filter((name) => name !== '' && !enable(name));
	makeFirstCgroup();
	return refused;
}

/**
 * Makes and removes a cgroup. With the first cgroup the kernel enables its accounting of memory, by patching its own code
 * (`memcg_kmem_enabled_key`) in the middle of the page allocator. QEMU's TCG with several CPUs can lose such a patch when
 * another CPU runs that code at the same time: that CPU then hits the breakpoint of the patch for ever. The other CPUs
 * are idle now, and no longer when the first container starts.
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
