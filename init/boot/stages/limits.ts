// Resource limits, which every process of the system inherits from PID 1: getrlimit(2). LinuxKit's values.

import { constant } from '../../../native/linux/constant.ts';
import { done, type Stage } from '../stage.ts';

const openFiles = 1_048_576;

export const limitsStage: Stage = {
	name: 'limits',
	fatal: false,
	timeoutMs: 5_000,
	run({ native }) {
		native.setrlimit(constant(native, 'RLIMIT_NOFILE'), openFiles, openFiles);
		native.setrlimit(constant(native, 'RLIMIT_NPROC'), Infinity, Infinity);
		return done(`${openFiles} open files, processes without limit`);
	},
};
