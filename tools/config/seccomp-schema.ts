// `seccomp:` of a container: the default profile, none, or one of its own in the runtime-spec's form (`config-linux.md`,
// Seccomp). Docker's profile files have other keys (`archMap`, `includes`), which no runtime reads.

import { choice, integer, list, record, strings, uint64, word } from './schema.ts';

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

function oneOf<const Word extends string>(description: string, words: readonly Word[]) {
	return word(description, words, (given) =>
		(words as readonly string[]).includes(given)
			? null
			: `"${given}" is unknown. Expected one of ${words.join(', ')}.`,
	);
}

function errno(action: string) {
	return integer(0n, 4095n, `The error number (errno(3)) that \`${action}\` returns. Default: 1 (EPERM).`);
}

const argument = record(
	{
		index: integer(0n, 5n, 'The number of the argument, from 0.'),
		value: uint64('The value to compare with; a mask for `SCMP_CMP_MASKED_EQ`.'),
		valueTwo: uint64('The value of the masked argument, for `SCMP_CMP_MASKED_EQ`. Default: 0.'),
		op: oneOf('The comparison.', operators),
	},
	{ required: ['index', 'value', 'op'] },
);

const rule = record(
	{
		names: strings('Names of system calls.', {
			check: callNameProblem,
			examples: [['ptrace', 'kexec_load']],
		}),
		action: oneOf('What happens at such a call.', actions),
		errnoRet: errno('action: SCMP_ACT_ERRNO'),
		args: list('Conditions on the arguments, all of which must hold. Default: none.', argument, {
			examples: [[{ index: 0, value: 16, op: 'SCMP_CMP_EQ' }]],
		}),
	},
	{ required: ['names', 'action'] },
);

const profile = record(
	{
		defaultAction: oneOf('What happens at a call that no rule names.', actions),
		defaultErrnoRet: errno('defaultAction: SCMP_ACT_ERRNO'),
		architectures: strings("Architectures of system calls. Default: the kernel's own.", {
			check: architectureProblem,
			examples: [['SCMP_ARCH_X86_64']],
		}),
		flags: list('Flags of the filter (seccomp(2)). Default: none.', oneOf('', flags)),
		syscalls: list('Rules for system calls. Default: none.', rule, {
			examples: [[{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }]],
		}),
	},
	{ required: ['defaultAction'] },
);

export const seccomp = choice(
	"The filter of system calls: `default` (Docker's rules), `unconfined` (none), or a profile as the runtime-spec has it. " +
		'Default: `unconfined` for a container with all capabilities, else `default` without the calls of 32-bit programs when the ' +
		'image has no such program.',
	['default', 'unconfined'],
	profile,
	{ examples: ['unconfined'] },
);

function callNameProblem(name: string): string | null {
	return /^[a-z_][a-z0-9_]{0,63}$/.test(name) ? null : `"${name}" is not the name of a system call.`;
}

function architectureProblem(name: string): string | null {
	return /^SCMP_ARCH_[A-Z0-9_]{1,20}$/.test(name)
		? null
		: `"${name}" is not an architecture such as SCMP_ARCH_X86_64.`;
}
