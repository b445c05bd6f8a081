// Resource limits, which every process of the system inherits from PID 1: getrlimit(2). LinuxKit's values.

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
		// By default the kernel allows so many for the whole machine that one service could use them all up. Their memory
		// counts for the service's cgroup, and that has a limit.
		if (isFirstPidNamespace()) writeFileSync('/proc/sys/fs/file-max', String(2n ** 63n - 1n));
		return done(`${openFiles} open files for each process, processes without limit`);
	},
};
