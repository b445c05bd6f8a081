// The process of a container as a request for `spawn`: user, capabilities, limits, environment, program (config.md, Process).

import { posix } from 'node:path';
import { constant } from '../../native/linux/constant.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { CapabilitySets, Native, ResourceLimit, SpawnRequest } from '../../native/native.ts';
import { ShapeError } from '../contract/json-shape.ts';
import { hostProcessor } from '../contract/processors.ts';
import type { Capabilities, RuntimeSpec } from '../contract/runtime-spec.ts';
import { homeDirectory } from './home-directory.ts';
import { seccompFilter } from './seccomp-filter.ts';

/** What belongs to the process alone, without its root, namespaces, cgroup and descriptors. */
export type ProcessRequest = Omit<SpawnRequest, 'stdio'>;

/** @param folder - the bundle's */
export function processRequest(
	spec: RuntimeSpec,
	folder: string,
	rootfs: string,
	native: Pick<Native, 'openInRoot' | 'constants'>,
): ProcessRequest {
	const { process, linux = {} } = spec;
	const { user, args, cwd, env = [], oomScoreAdj, noNewPrivileges = false } = process;
	const { apparmorProfile = '' } = process;
	const environment = environmentOf(env, () => homeDirectory(spec, folder, rootfs, native));
	const [path, ...otherPaths] = programPaths(args[0] ?? '', environment);
	return {
		path,
		otherPaths,
		args,
		env: environment,
		cwd,
		uid: user.uid,
		gid: user.gid,
		groups: user.additionalGids ?? [],
		capabilities: capabilitySets(process.capabilities ?? {}, native),
		noNewPrivileges,
		limits: (process.rlimits ?? []).map((each) => resourceLimit(each, native)),
		newSession: true,
		...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
		...(apparmorProfile === '' ? {} : { apparmor: apparmorProfile }),
		...(linux.seccomp === undefined
			? {}
			: { seccomp: seccompFilter(linux.seccomp, hostProcessor.seccomp[0] ?? '') }),
	};
}

/** The last value of a name counts, at the place of the first, as after `setenv(3)`. */
function environmentOf(env: readonly string[], home: () => string): string[] {
	const values = new Map<string, string>();
	for (const each of env) {
		const name = each.split('=', 1)[0] ?? '';
		if (name !== '' && each.includes('=')) values.set(name, each);
	}
	if (!values.has('HOME')) values.set('HOME', `HOME=${home()}`);
	return [...values.values()];
}

/** Returns the paths to try, as `execvp(3)` does. Throws when a name has no PATH to be found in. */
function programPaths(program: string, env: readonly string[]): [string, ...string[]] {
	if (program.includes('/')) return [program];
	const path = env.find((each) => each.startsWith('PATH='))?.slice('PATH='.length) ?? '';
	const [first, ...rest] = path
		.split(':')
		.filter((folder) => folder.startsWith('/'))
		.map((folder) => posix.join(folder, program));
	if (first === undefined)
		throw new ShapeError(
			'config.json: process.args[0]',
			`a path, for the container has no PATH, not ${program}`,
		);
	return [first, ...rest];
}

/** Leaves out what the kernel does not know, as runc does. */
function capabilitySets(sets: Capabilities, native: Pick<Native, 'constants'>): CapabilitySets {
	const last = Number(readTextOrEmpty('/proc/sys/kernel/cap_last_cap')) || 40;
	const set = (names: readonly string[] = []): number =>
		[...new Set(names)].reduce((sum, name) => {
			const number = /^CAP_[A-Z_]+$/.test(name) ? native.constants[name] : undefined;
			return number === undefined || number > last ? sum : sum + 2 ** number;
		}, 0);
	return {
		bounding: set(sets.bounding),
		permitted: set(sets.permitted),
		effective: set(sets.effective),
		inheritable: set(sets.inheritable),
		ambient: set(sets.ambient),
	};
}

function resourceLimit(
	{ type, soft, hard }: { readonly type: string; readonly soft: number; readonly hard: number },
	native: Pick<Native, 'constants'>,
): ResourceLimit {
	if (!/^RLIMIT_[A-Z]+$/.test(type))
		throw new ShapeError('config.json: process.rlimits', `limits of setrlimit(2), not ${type}`);
	// RLIM_INFINITY has 64 bits, which a number of JavaScript rounds up.
	const bounded = (value: number): number =>
		value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : value;
	return { resource: constant(native, type), soft: bounded(soft), hard: bounded(hard) };
}
