import test from 'ava';
import type { SeccompProfile } from '../../../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../../../supervisor/contract/seccomp-profile.ts';
import { seccompFilter } from '../../../../supervisor/engine/seccomp-filter.ts';
import { systemCallNumbers } from '../../../../supervisor/engine/system-call-numbers.ts';
import { executeFilter } from './classic-bpf.ts';

const x86_64 = 0xc000003e;
const x86 = 0x40000003;
const allowed = 0x7fff0000;
const killed = 0x80000000;
const failed = (errno: number) => 0x00050000 | errno;
const [EPERM, ENOSYS] = [1, 38];
const numbers = systemCallNumbers('SCMP_ARCH_X86_64') ?? new Map<string, number>();

function answers(profile: SeccompProfile) {
	const filter = seccompFilter(profile, 'SCMP_ARCH_X86_64');
	return (name: string, ...args: bigint[]) =>
		executeFilter(filter, { architecture: x86_64, number: numbers.get(name) ?? -1, args });
}

test('seccompFilter() of the shipped profile decides on each call as the profile says', (t) => {
	const profile = defaultSeccompProfile([], 'amd64');
	const answer = answers(profile);
	const plain = new Set(
		profile.syscalls?.filter(({ args }) => args === undefined).flatMap(({ names }) => names),
	);
	const conditional = new Set(
		profile.syscalls?.filter(({ args }) => args !== undefined).flatMap(({ names }) => names),
	);
	const newest = Math.max(...[...plain].flatMap((name) => numbers.get(name) ?? []));
	let count = 0;
	for (const [name, number] of numbers) {
		if (conditional.has(name) || name === 'clone3') continue;
		const expected = plain.has(name) ? allowed : failed(number > newest ? ENOSYS : EPERM);
		t.is(answer(name), expected, name);
		count++;
	}
	t.true(count > 300);
	t.is(answer('clone3'), failed(ENOSYS));
	t.is(answer('clone', 0x11n), allowed);
	t.is(answer('clone', 0x10000000n), failed(EPERM), 'a user namespace');
	t.is(answer('personality', 0n), allowed);
	t.is(answer('personality', 0xffffffffn), allowed);
	t.is(answer('personality', 0x0040000n), failed(EPERM));
	t.is(answer('socket', 2n), allowed);
	t.is(answer('socket', 40n), failed(EPERM), 'AF_VSOCK');
	t.is(answer('socket', (1n << 32n) | 40n), allowed, 'the upper half counts');
});

test('seccompFilter() allows more to a container with the capability', (t) => {
	t.is(answers(defaultSeccompProfile([], 'amd64'))('mount'), failed(EPERM));
	t.is(answers(defaultSeccompProfile(['CAP_SYS_ADMIN'], 'amd64'))('mount'), allowed);
});

test('seccompFilter() ends a process that calls by another architecture, and by that of x32', (t) => {
	const filter = seccompFilter(
		{ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64'] },
		'SCMP_ARCH_X86_64',
	);
	t.is(executeFilter(filter, { architecture: x86_64, number: 0 }), allowed);
	t.is(executeFilter(filter, { architecture: x86, number: 0 }), killed);
	t.is(executeFilter(filter, { architecture: x86_64, number: 0x40000000 }), killed);
});

test('seccompFilter() has the numbers of 32-bit programs', (t) => {
	const filter = seccompFilter(defaultSeccompProfile([], 'amd64'), 'SCMP_ARCH_X86_64');
	// mount(2) is 21 there; 165 is getresuid(2), and mount(2) on x86_64.
	t.is(executeFilter(filter, { architecture: x86, number: 21 }), failed(EPERM));
	t.is(executeFilter(filter, { architecture: x86, number: 165 }), allowed);
	t.is(executeFilter(filter, { architecture: x86_64, number: 165 }), failed(EPERM));
});

test('seccompFilter() of the shipped profile for arm64', (t) => {
	const filter = seccompFilter(defaultSeccompProfile([], 'arm64'), 'SCMP_ARCH_AARCH64');
	t.is(executeFilter(filter, { architecture: 0xc00000b7, number: 56 }), allowed);
	t.is(executeFilter(filter, { architecture: 0xc00000b7, number: 40 }), failed(EPERM), 'mount(2)');
});

const wide = (1n << 32n) + 5n;
const comparisons: readonly (readonly [
	op: string,
	value: bigint,
	holds: readonly bigint[],
	fails: readonly bigint[],
])[] = [
	['SCMP_CMP_EQ', wide, [wide], [5n, wide + 1n, 2n * wide]],
	['SCMP_CMP_NE', wide, [5n, wide - 1n], [wide]],
	['SCMP_CMP_GT', wide, [wide + 1n, 2n << 32n], [wide, 6n, 0xffffffffn]],
	['SCMP_CMP_GE', wide, [wide, wide + 1n, 2n << 32n], [wide - 1n, 0xffffffffn]],
	['SCMP_CMP_LT', wide, [wide - 1n, 0xffffffffn, 0n], [wide, 2n << 32n]],
	['SCMP_CMP_LE', wide, [wide, 0xffffffffn], [wide + 1n, 2n << 32n]],
];

for (const [op, value, holds, fails] of comparisons) {
	test(`seccompFilter() compares 64 bits by ${op}`, (t) => {
		const answer = answers({
			defaultAction: 'SCMP_ACT_ERRNO',
			defaultErrnoRet: 7,
			syscalls: [
				{
					names: ['read'],
					action: 'SCMP_ACT_ALLOW',
					args: [
						{ index: 5, value, op },
						{ index: 0, value: 1, op: 'SCMP_CMP_EQ' },
					],
				},
			],
		});
		const read = (last: bigint, first = 1n) => answer('read', first, 0n, 0n, 0n, 0n, last);
		for (const each of holds) t.is(read(each), allowed, String(each));
		for (const each of fails) t.is(read(each), failed(7), String(each));
		for (const each of holds) t.is(read(each, 2n), failed(7), 'the other argument does not hold');
	});
}

test('seccompFilter() names what it does not have', (t) => {
	const profile = { defaultAction: 'SCMP_ACT_NOTIFY' };
	t.throws(() => seccompFilter(profile, 'SCMP_ARCH_X86_64'), { message: /SCMP_ACT_NOTIFY/ });
	t.throws(
		() =>
			seccompFilter(
				{ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_ARM'] },
				'SCMP_ARCH_X86_64',
			),
		{
			message: /leaves out the architecture SCMP_ARCH_X86_64/,
		},
	);
});
