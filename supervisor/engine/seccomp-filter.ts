// Compiles a seccomp profile (OCI runtime-spec, `config-linux.md`, Seccomp) to the classic BPF of seccomp(2). Pure.
//
// The numbers of calls are cut into runs with one verdict, which a binary search of comparisons finds. As with runc, a call
// that is newer than all those of the profile fails with ENOSYS, so that a C library falls back to an older one, and a call
// by another architecture ends the process.

import type { SeccompArgument, SeccompProfile, SeccompRule } from '../contract/runtime-spec.ts';
import { systemCallNumbers } from './system-call-numbers.ts';

/** AUDIT_ARCH_* (linux/audit.h). */
const auditNumbers: Readonly<Record<string, number>> = {
	SCMP_ARCH_X86_64: 0xc000003e,
	SCMP_ARCH_X86: 0x40000003,
	SCMP_ARCH_AARCH64: 0xc00000b7,
};

/** SECCOMP_RET_* (linux/seccomp.h). */
const actions: Readonly<Record<string, number>> = {
	SCMP_ACT_ALLOW: 0x7fff0000,
	SCMP_ACT_LOG: 0x7ffc0000,
	SCMP_ACT_ERRNO: 0x00050000,
	SCMP_ACT_TRAP: 0x00030000,
	SCMP_ACT_KILL: 0,
	SCMP_ACT_KILL_THREAD: 0,
	SCMP_ACT_KILL_PROCESS: 0x80000000,
};
const killProcess = 0x80000000;
const EPERM = 1;
const ENOSYS = 38;
/** The calls of x32 programs have this bit and the architecture of x86_64 (asm/unistd.h). */
const x32Bit = 0x40000000;
/** BPF_MAXINSNS */
const maxInstructions = 4096;

/** linux/bpf_common.h: class, size, mode and operation of each instruction that the filter has. */
const op = { load: 0x20, jump: 0x05, equal: 0x15, greater: 0x25, atLeast: 0x35, and: 0x54, answer: 0x06 };
/** Offsets in struct seccomp_data. */
const at = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

interface Instruction {
	readonly code: number;
	readonly k: number;
	readonly whenTrue?: number;
	readonly whenFalse?: number;
}

/** Names an architecture, an action or a flag that the filter can't have. */
class SeccompError extends Error {
	readonly code = 'ERR_SECCOMP';
}

/** Returns the instructions, as `struct sock_filter`s of a little-endian processor. Throws `SeccompError`. */
export function seccompFilter(profile: SeccompProfile, nativeArchitecture: string): Uint8Array {
	const asked = profile.architectures?.length ? profile.architectures : [nativeArchitecture];
	const parts = asked.flatMap((name) => {
		const numbers = systemCallNumbers(name);
		const audit = auditNumbers[name];
		return numbers === null || audit === undefined ? [] : [{ name, audit, numbers }];
	});
	if (!parts.some(({ name }) => name === nativeArchitecture)) {
		throw new SeccompError(`the seccomp profile leaves out the architecture ${nativeArchitecture}`);
	}
	const body = parts.reduceRight<readonly Instruction[]>(
		(rest, { name, audit, numbers }) =>
			branch(
				{ code: op.equal, k: audit },
				[{ code: op.load, k: at.number }, ...search(runsOf(profile, name, numbers))],
				rest,
			),
		[answer(killProcess)],
	);
	const all = [{ code: op.load, k: at.architecture }, ...body];
	if (all.length > maxInstructions) {
		throw new SeccompError(
			`the seccomp profile takes ${all.length} instructions; the kernel takes ${maxInstructions}`,
		);
	}
	return encode(all);
}

interface Run {
	readonly first: number;
	readonly body: readonly Instruction[];
}

/** Returns the runs of numbers with one verdict, from 0 up. Plain loops: PID 1 runs this cold, at each boot. */
function runsOf(profile: SeccompProfile, architecture: string, numbers: ReadonlyMap<string, number>): Run[] {
	const otherwise = verdict(profile.defaultAction, profile.defaultErrnoRet);
	const verdicts = new Map<number, number>();
	const conditional = new Map<number, SeccompRule[]>();
	let newest = -1;
	for (const rule of profile.syscalls ?? []) {
		const isPlain = rule.args === undefined || rule.args.length === 0;
		const decided = verdict(rule.action, rule.errnoRet);
		for (const name of rule.names) {
			const number = numbers.get(name);
			if (number === undefined) continue;
			if (number > newest) newest = number;
			if (!isPlain) conditional.set(number, [...(conditional.get(number) ?? []), rule]);
			else if (!verdicts.has(number)) verdicts.set(number, decided);
		}
	}
	const runs: Run[] = [];
	let last: number | null = null;
	for (let number = 0; number <= newest; number++) {
		const rules = verdicts.has(number) ? undefined : conditional.get(number);
		const each = rules === undefined ? (verdicts.get(number) ?? otherwise) : null;
		if (each === null || each !== last) {
			runs.push({
				first: number,
				body: rules === undefined ? [answer(each ?? 0)] : bodyOf(rules, otherwise),
			});
		}
		last = each;
	}
	const isRefusing = newest >= 0 && profile.defaultAction === 'SCMP_ACT_ERRNO';
	runs.push({
		first: newest + 1,
		body: [answer(isRefusing ? verdict('SCMP_ACT_ERRNO', ENOSYS) : otherwise)],
	});
	if (architecture === 'SCMP_ARCH_X86_64') runs.push({ first: x32Bit, body: [answer(killProcess)] });
	return runs;
}

/** The first rule whose conditions hold decides. */
function bodyOf(rules: readonly SeccompRule[], otherwise: number): readonly Instruction[] {
	const tested = rules.flatMap(({ action, errnoRet, args = [] }) =>
		conditions(args, answer(verdict(action, errnoRet))),
	);
	return [...tested, answer(otherwise)];
}

type Goal = 'next' | 'holds' | 'fails';

interface Test {
	readonly code: number;
	readonly k: number;
	readonly whenTrue?: Goal;
	readonly whenFalse?: Goal;
}

/** Returns tests of all arguments, then `verdict`; where one fails, it jumps behind that. */
function conditions(args: readonly SeccompArgument[], verdict: Instruction): Instruction[] {
	const blocks = args.map(testsOf);
	const length = blocks.reduce((sum, block) => sum + block.length, 0);
	let index = 0;
	return [
		...blocks.flatMap((block) => {
			const end = index + block.length;
			return block.map(({ code, k, whenTrue, whenFalse }): Instruction => {
				index++;
				const distance = (goal: Goal | undefined): number =>
					goal === 'holds' ? end - index : goal === 'fails' ? length + 1 - index : 0;
				return { code, k, whenTrue: distance(whenTrue), whenFalse: distance(whenFalse) };
			});
		}),
		verdict,
	];
}

/** An argument has 64 bits, and BPF compares 32: first the upper half, then the lower. */
function testsOf({ index, value, valueTwo = 0, op: comparison }: SeccompArgument): Test[] {
	const [high, low] = halves(value);
	const loads = {
		low: { code: op.load, k: at.argument(index) },
		high: { code: op.load, k: at.argument(index) + 4 },
	};
	const ordered = (code: number, holds: Goal, fails: Goal): Test[] => [
		loads.high,
		{ code: op.greater, k: high, whenTrue: holds, whenFalse: 'next' },
		{ code: op.equal, k: high, whenTrue: 'next', whenFalse: fails },
		loads.low,
		{ code, k: low, whenTrue: holds, whenFalse: fails },
	];
	switch (comparison) {
		case 'SCMP_CMP_EQ':
			return [
				loads.high,
				{ code: op.equal, k: high, whenTrue: 'next', whenFalse: 'fails' },
				loads.low,
				{ code: op.equal, k: low, whenTrue: 'holds', whenFalse: 'fails' },
			];
		case 'SCMP_CMP_NE':
			return [
				loads.high,
				{ code: op.equal, k: high, whenTrue: 'next', whenFalse: 'holds' },
				loads.low,
				{ code: op.equal, k: low, whenTrue: 'fails', whenFalse: 'holds' },
			];
		case 'SCMP_CMP_MASKED_EQ': {
			const [wantedHigh, wantedLow] = halves(valueTwo);
			return [
				loads.high,
				{ code: op.and, k: high },
				{ code: op.equal, k: wantedHigh, whenTrue: 'next', whenFalse: 'fails' },
				loads.low,
				{ code: op.and, k: low },
				{ code: op.equal, k: wantedLow, whenTrue: 'holds', whenFalse: 'fails' },
			];
		}
		case 'SCMP_CMP_GT':
			return ordered(op.greater, 'holds', 'fails');
		case 'SCMP_CMP_GE':
			return ordered(op.atLeast, 'holds', 'fails');
		case 'SCMP_CMP_LE':
			return ordered(op.greater, 'fails', 'holds');
		case 'SCMP_CMP_LT':
			return ordered(op.atLeast, 'fails', 'holds');
		default:
			throw new SeccompError(`the seccomp comparison ${comparison} is unknown`);
	}
}

function halves(value: number | bigint): [high: number, low: number] {
	const bits = BigInt.asUintN(64, BigInt(value));
	return [Number(bits >> 32n), Number(bits & 0xffffffffn)];
}

function search(runs: readonly Run[]): readonly Instruction[] {
	const [only] = runs;
	if (only === undefined) return [];
	if (runs.length === 1) return only.body;
	const middle = runs.length >> 1;
	const upper = runs.slice(middle);
	return branch({ code: op.atLeast, k: upper[0]?.first ?? 0 }, search(upper), search(runs.slice(0, middle)));
}

/** Every path of `held` ends in an answer. A conditional jump reaches 255 instructions, so a far one goes by a plain jump. */
function branch(
	test: Instruction,
	held: readonly Instruction[],
	otherwise: readonly Instruction[],
): readonly Instruction[] {
	if (held.length <= 255) return [{ ...test, whenTrue: 0, whenFalse: held.length }, ...held, ...otherwise];
	const far = { code: op.jump, k: held.length };
	return [{ ...test, whenTrue: 1, whenFalse: 0 }, far, ...held, ...otherwise];
}

function answer(k: number): Instruction {
	return { code: op.answer, k };
}

function verdict(action: string, errno = EPERM): number {
	const bits = actions[action];
	if (bits === undefined)
		throw new SeccompError(`the seccomp action ${action} is not one that this engine has`);
	return action === 'SCMP_ACT_ERRNO' ? bits | (errno & 0xffff) : bits;
}

/** A `struct sock_filter` is two words: the code with both jumps, and the operand. All our processors are little-endian. */
function encode(instructions: readonly Instruction[]): Uint8Array {
	const words = new Uint32Array(2 * instructions.length);
	let at = 0;
	for (const { code, k, whenTrue = 0, whenFalse = 0 } of instructions) {
		words[at++] = code | (whenTrue << 16) | (whenFalse << 24);
		words[at++] = k;
	}
	return Buffer.from(words.buffer);
}
