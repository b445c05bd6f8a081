// The part of `process` in a container's config.json that another program in the same container gets too. Validates it, because
// it comes from the image.

import { asRecord, asString, booleanOr, listOf, numberOr, stringOr } from '../../contract/json-shape.ts';
import type { Capabilities, Rlimit } from '../../contract/runtime-spec.ts';

export interface ContainerProcess {
	readonly uid: number;
	readonly gid: number;
	readonly groups: readonly number[];
	readonly env: readonly string[];
	readonly cwd: string;
	readonly capabilities: Required<Capabilities>;
	readonly rlimits: readonly Rlimit[];
	readonly noNewPrivileges: boolean;
	/** Null for none. */
	readonly apparmorProfile: string | null;
	/** Null for the caller's own. */
	readonly oomScoreAdj: number | null;
}

/** Throws `ShapeError`. */
export function asContainerProcess(value: unknown): ContainerProcess {
	const record = asRecord(value, 'process');
	const user = asRecord(record['user'] ?? {}, 'process.user');
	const sets = asRecord(record['capabilities'] ?? {}, 'process.capabilities');
	const set = (name: string) => listOf(sets[name], `process.capabilities.${name}`, asString);
	return {
		uid: numberOr(user['uid'], 0, 'process.user.uid'),
		gid: numberOr(user['gid'], 0, 'process.user.gid'),
		groups: listOf(user['additionalGids'], 'process.user.additionalGids', (gid, place) =>
			numberOr(gid, 0, place),
		),
		env: listOf(record['env'], 'process.env', asString),
		cwd: stringOr(record['cwd'], '/', 'process.cwd'),
		capabilities: {
			bounding: set('bounding'),
			permitted: set('permitted'),
			effective: set('effective'),
			inheritable: set('inheritable'),
			ambient: set('ambient'),
		},
		rlimits: listOf(record['rlimits'], 'process.rlimits', asRlimit),
		oomScoreAdj:
			record['oomScoreAdj'] === undefined ? null : numberOr(record['oomScoreAdj'], 0, 'process.oomScoreAdj'),
		noNewPrivileges: booleanOr(record['noNewPrivileges'], false, 'process.noNewPrivileges'),
		apparmorProfile: stringOr(record['apparmorProfile'], '', 'process.apparmorProfile') || null,
	};
}

function asRlimit(value: unknown, place: string): Rlimit {
	const record = asRecord(value, place);
	return {
		type: asString(record['type'], `${place}.type`),
		soft: numberOr(record['soft'], 0, `${place}.soft`),
		hard: numberOr(record['hard'], 0, `${place}.hard`),
	};
}
