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
	readonly key: string;
	readonly body: readonly Instruction[];
}

/** Returns the runs of numbers with one verdict, from 0 up. */
function runsOf(profile: SeccompProfile, architecture: string, numbers: ReadonlyMap<string, number>): Run[] {
	const otherwise = verdict(profile.defaultAction, profile.defaultErrnoRet);
	const rules = new Map<number, SeccompRule[]>();
	for (const rule of profile.syscalls ?? []) {
		for (const name of rule.names) {
			const number = numbers.get(name);
			if (number !== undefined) rules.set(number, [...(rules.get(number) ?? []), rule]);
		}
	}
	const named = [...rules.keys()].sort((a, b) => a - b);
	const runs: Run[] = [];
	const add = (first: number, body: readonly Instruction[]): void => {
		const key = JSON.stringify(body);
		if (runs.at(-1)?.first === first) runs.pop();
		if (runs.at(-1)?.key !== key) runs.push({ first, key, body });
	};
	add(0, [answer(otherwise)]);
	for (const number of named) {
		add(number, bodyOf(rules.get(number) ?? [], otherwise));
		add(number + 1, [answer(otherwise)]);
	}
	const newest = named.at(-1);
	if (newest !== undefined && profile.defaultAction === 'SCMP_ACT_ERRNO') {
		add(newest + 1, [answer(verdict('SCMP_ACT_ERRNO', ENOSYS))]);
	}
	if (architecture === 'SCMP_ARCH_X86_64') add(x32Bit, [answer(killProcess)]);
	return runs;
}

/** A rule without conditions decides; else the first whose conditions hold. */
function bodyOf(rules: readonly SeccompRule[], otherwise: number): readonly Instruction[] {
	const plain = rules.find(({ args = [] }) => args.length === 0);
	if (plain !== undefined) return [answer(verdict(plain.action, plain.errnoRet))];
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

function encode(instructions: readonly Instruction[]): Uint8Array {
	const bytes = Buffer.alloc(8 * instructions.length);
	for (const [index, { code, k, whenTrue = 0, whenFalse = 0 }] of instructions.entries()) {
		bytes.writeUInt16LE(code, 8 * index);
		bytes.writeUInt8(whenTrue, 8 * index + 2);
		bytes.writeUInt8(whenFalse, 8 * index + 3);
		bytes.writeUInt32LE(k, 8 * index + 4);
	}
	return bytes;
}
