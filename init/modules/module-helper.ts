// The program that the kernel runs when it wants a module by itself (request_module): `/proc/sys/kernel/modprobe`,
// Documentation/admin-guide/sysctl/kernel.rst.
//
// It is a small program of its own (native/helper), since any container can make the kernel run it: it starts Node
// only for modules that exist. Not /sbin/modprobe, the kernel's default: the kernel would run that before PID 1,
// several times, for crypto tests of its own, and each run is another start of Node.

import { existsSync, writeFileSync } from 'node:fs';
import { isFirstPidNamespace } from '../process/first-pid-namespace.ts';

const setting = '/proc/sys/kernel/modprobe';
const ownHelper = '/lib/slipway/module-helper';
const kernelsDefault = '/sbin/modprobe';

/**
 * A file system that the kernel doesn't know makes it run the helper, and so does mounting bpf (for its
 * `bpf_preload`): half a second each on a slow machine, for nothing that anyone needs. Afterwards our helper is set.
 */
export function withoutModuleHelper<T>(action: () => T): T {
	setHelper('');
	try {
		return action();
	} finally {
		setHelper(existsSync(ownHelper) ? ownHelper : kernelsDefault);
	}
}

/** The setting belongs to the whole kernel: as PID 1 of an inner namespace (the tests) we leave it alone. */
function setHelper(path: string): void {
	try {
		if (isFirstPidNamespace()) writeFileSync(setting, `${path}\n`);
	} catch {
		// A kernel without modules.
	}
}
