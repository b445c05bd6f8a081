// Whether PID 1 is the machine's, or that of an inner namespace (the tests): then what belongs to the whole kernel, and
// the disks below its mounts, are somebody else's.

import { readlinkSync } from 'node:fs';

/** PROC_PID_INIT_INO of include/linux/proc_ns.h. */
const firstPidNamespace = 'pid:[4026531836]';

export function isFirstPidNamespace(): boolean {
	return readlinkSync('/proc/self/ns/pid') === firstPidNamespace;
}
