// Plans the start of a program for `service exec`: it gets the process of the container's own program, with the changes of the
// command line. Pure.

import type { CapabilitySets, ResourceLimit } from '../../../native/native.ts';
import { defaultPath } from '../../contract/layout.ts';
import type { Capabilities } from '../../contract/runtime-spec.ts';
import type { ContainerProcess } from './container-process.ts';
import { type ContainerUser, findUser, homeOf, type UserFiles } from './container-user.ts';
import type { ExecRequest } from './exec-arguments.ts';

export interface ExecPlan {
	readonly args: readonly string[];
	/** The candidate paths of the program in the container. The first that exists is executed. */
	readonly paths: readonly [string, ...string[]];
	readonly env: readonly string[];
	readonly cwd: string;
	readonly uid: number;
	readonly gid: number;
	readonly groups: readonly number[];
	readonly capabilities: CapabilitySets;
	readonly noNewPrivileges: boolean;
	/** Null for the caller's own. */
	readonly apparmorProfile: string | null;
	readonly oomScoreAdj: number | null;
	readonly limits: readonly ResourceLimit[];
}

interface Caller {
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The program gets a terminal. */
	readonly terminal: boolean;
}

/** A JavaScript number can't hold RLIM_INFINITY exactly; every number from here on means it. */
const infiniteFrom = 2 ** 63;

/**
 * Throws when the user is unknown.
 *
 * @param constants - the kernel's
 */
export function planExec(
	{ command, user, env, workdir }: ExecRequest,
	container: ContainerProcess,
	files: UserFiles,
	caller: Caller,
	constants: Readonly<Record<string, number>>,
): ExecPlan {
	const { uid, gid, groups, home } = user === null ? ownUser(container, files) : findUser(user, files);
	const variables = environment(container.env, env, caller, home);
	return {
		args: command,
		paths: pathsOf(command[0], variables.get('PATH') ?? defaultPath),
		env: [...variables].map(([name, value]) => `${name}=${value}`),
		cwd: workdir ?? container.cwd,
		uid,
		gid,
		groups,
		capabilities: setsFor(uid, container, constants),
		noNewPrivileges: container.noNewPrivileges,
		apparmorProfile: container.apparmorProfile,
		oomScoreAdj: container.oomScoreAdj,
		limits: container.rlimits.flatMap(({ type, soft, hard }) => {
			const resource = constants[type];
			return resource === undefined ? [] : [{ resource, soft: limitOf(soft), hard: limitOf(hard) }];
		}),
	};
}

function ownUser({ uid, gid, groups }: ContainerProcess, { passwd }: UserFiles): ContainerUser {
	return { uid, gid, groups, home: homeOf(uid, passwd) };
}

function environment(
	container: readonly string[],
	given: readonly string[],
	caller: Caller,
	home: string | null,
): Map<string, string> {
	const variables = new Map<string, string>();
	const put = (text: string): void => {
		const at = text.indexOf('=');
		if (at > 0) variables.set(text.slice(0, at), text.slice(at + 1));
	};
	if (caller.terminal) variables.set('TERM', caller.env['TERM'] ?? 'xterm');
	for (const text of container) put(text);
	if ((variables.get('HOME') ?? '') === '') variables.set('HOME', home ?? '/');
	for (const text of given) {
		const own = caller.env[text];
		if (text.includes('=')) put(text);
		else if (own !== undefined) variables.set(text, own);
	}
	return variables;
}

function pathsOf(program: string, path: string): [string, ...string[]] {
	if (program.includes('/')) return [program];
	const [first = '', ...rest] = path.split(':').map((folder) => `${folder === '' ? '.' : folder}/${program}`);
	return [first, ...rest];
}

/**
 * Returns the capabilities of `config.json` for the container's own user, the bounding set for another user that is root, and
 * none for any other user, as the kernel does when a program changes its user (capabilities(7)).
 */
function setsFor(
	uid: number,
	{ capabilities, uid: ownUid }: ContainerProcess,
	constants: Readonly<Record<string, number>>,
): CapabilitySets {
	const { bounding } = capabilities;
	const none: readonly string[] = [];
	const names: Required<Capabilities> =
		uid === ownUid
			? capabilities
			: { bounding, permitted: none, effective: none, inheritable: none, ambient: none };
	const root = uid === 0 && uid !== ownUid ? { ...names, permitted: bounding, effective: bounding } : names;
	return {
		bounding: maskOf(root.bounding, constants),
		permitted: maskOf(root.permitted, constants),
		effective: maskOf(root.effective, constants),
		inheritable: maskOf(root.inheritable, constants),
		ambient: maskOf(root.ambient, constants),
	};
}

function maskOf(names: readonly string[], constants: Readonly<Record<string, number>>): number {
	const bits = new Set(names.flatMap((name) => constants[name] ?? []));
	return [...bits].reduce((mask, bit) => mask + 2 ** bit, 0);
}

function limitOf(value: number): number {
	return value >= infiniteFrom ? Number.POSITIVE_INFINITY : value;
}
