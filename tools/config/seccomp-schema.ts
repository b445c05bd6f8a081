// `seccomp:` of a container: the default profile, none, or one of its own in the runtime-spec's form (`config-linux.md`,
// Seccomp). Docker's profile files have other keys (`archMap`, `includes`), which no runtime reads.

import { checked, list, record, type Schema, uint64 } from './schema.ts';

/** Actions without a listener or a tracer: those are programs outside of the container. */
const actions = [
	'SCMP_ACT_ALLOW',
	'SCMP_ACT_ERRNO',
	'SCMP_ACT_KILL',
	'SCMP_ACT_KILL_PROCESS',
	'SCMP_ACT_KILL_THREAD',
	'SCMP_ACT_LOG',
	'SCMP_ACT_TRAP',
] as const;
const operators = [
	'SCMP_CMP_NE',
	'SCMP_CMP_LT',
	'SCMP_CMP_LE',
	'SCMP_CMP_EQ',
	'SCMP_CMP_GE',
	'SCMP_CMP_GT',
	'SCMP_CMP_MASKED_EQ',
] as const;
const flags = [
	'SECCOMP_FILTER_FLAG_TSYNC',
	'SECCOMP_FILTER_FLAG_LOG',
	'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
] as const;

const errno: Schema = { type: 'integer', minimum: 0n, maximum: 4095n };

const argument: Schema = {
	...record({
		index: { type: 'integer', minimum: 0n, maximum: 5n },
		value: uint64,
		valueTwo: uint64,
		op: oneOf(operators),
	}),
	required: ['index', 'value', 'op'],
};

const rule: Schema = {
	...record({
		names: list(checked(callNameProblem)),
		action: oneOf(actions),
		errnoRet: errno,
		args: list(argument),
	}),
	required: ['names', 'action'],
};

export const seccomp: Schema = {
	type: 'choice',
	words: ['default', 'unconfined'],
	of: {
		...record({
			defaultAction: oneOf(actions),
			defaultErrnoRet: errno,
			architectures: list(checked(architectureProblem)),
			flags: list(oneOf(flags)),
			syscalls: list(rule),
		}),
		required: ['defaultAction'],
	},
};

function oneOf(words: readonly string[]): Schema {
	return {
		type: 'string',
		oneOf: words,
		check: (word) =>
			words.includes(word) ? null : `"${word}" is unknown. Expected one of ${words.join(', ')}.`,
	};
}

function callNameProblem(name: string): string | null {
	return /^[a-z_][a-z0-9_]{0,63}$/.test(name) ? null : `"${name}" is not the name of a system call.`;
}

function architectureProblem(name: string): string | null {
	return /^SCMP_ARCH_[A-Z0-9]{1,20}$/.test(name)
		? null
		: `"${name}" is not an architecture such as SCMP_ARCH_X86_64.`;
}
