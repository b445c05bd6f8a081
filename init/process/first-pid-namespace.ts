// Tells the machine's PID 1 from the PID 1 of an inner namespace (in tests). The latter must leave the kernel's global
// settings and the disks of its mounts alone: they belong to the machine around it.

import { readlinkSync } from 'node:fs';

/** PROC_PID_INIT_INO of include/linux/proc_ns.h. */
const firstPidNamespace = 'pid:[4026531836]';

export function isFirstPidNamespace(): boolean {
	return readlinkSync('/proc/self/ns/pid') === firstPidNamespace;
}
