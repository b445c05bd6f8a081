// Sets the resource limits that every process inherits from PID 1: getrlimit(2). The values are LinuxKit's.

import { writeFileSync } from 'node:fs';
import { constant } from '../../../native/linux/constant.ts';
import { isFirstPidNamespace } from '../../process/first-pid-namespace.ts';
import { done, type Stage } from '../stage.ts';

const openFiles = 1_048_576;

export const limitsStage: Stage = {
	name: 'limits',
	fatal: false,
	timeoutMs: 5_000,
	run({ native }) {
		native.setrlimit(constant(native, 'RLIMIT_NOFILE'), openFiles, openFiles);
		native.setrlimit(constant(native, 'RLIMIT_NPROC'), Infinity, Infinity);
		// One service could use all the open files that the kernel allows for the whole machine by default. Without that
		// limit their memory still counts for the service's cgroup, which has a limit.
		if (isFirstPidNamespace()) writeFileSync('/proc/sys/fs/file-max', String(2n ** 63n - 1n));
		return done(`${openFiles} open files for each process, processes without limit`);
	},
};
