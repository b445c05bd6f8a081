// Sets the program that the kernel runs when it needs a module itself (request_module): `/proc/sys/kernel/modprobe`,
// Documentation/admin-guide/sysctl/kernel.rst.
//
// That is a small program (native/helper), because any container can make the kernel run it: it starts Node only for
// modules that exist. /sbin/modprobe, the kernel's default, would be another start of Node each time, and the kernel runs
// it several times before PID 1, for its own crypto tests.

import { existsSync, writeFileSync } from 'node:fs';
import { ownFiles } from '../../supervisor/contract/layout.ts';
import { isFirstPidNamespace } from '../process/first-pid-namespace.ts';

const setting = '/proc/sys/kernel/modprobe';
const ownHelper = `${ownFiles.libraries}/module-helper`;
const kernelsDefault = '/sbin/modprobe';

/**
 * Runs `action` without a helper, then sets it. An unknown file system makes the kernel run the helper, and so does
 * mounting bpf (for its `bpf_preload`): that takes half a second each on a slow machine and loads nothing useful.
 */
export function withoutModuleHelper<T>(action: () => T): T {
	setHelper('');
	try {
		return action();
	} finally {
		setHelper(existsSync(ownHelper) ? ownHelper : kernelsDefault);
	}
}

/** The setting is the whole kernel's, so the PID 1 of an inner namespace (in tests) does not change it. */
function setHelper(path: string): void {
	try {
		if (isFirstPidNamespace()) writeFileSync(setting, `${path}\n`);
	} catch {
		// The kernel has no modules.
	}
}
