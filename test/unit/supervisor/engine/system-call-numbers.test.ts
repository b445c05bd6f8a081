import { execFileSync } from 'node:child_process';
import test from 'ava';
import { systemCallNumbers } from '../../../../supervisor/engine/system-call-numbers.ts';

const headers = { SCMP_ARCH_X86_64: 'asm/unistd_64.h', SCMP_ARCH_X86: 'asm/unistd_32.h' };

for (const [architecture, header] of Object.entries(headers)) {
	test(`systemCallNumbers() has the numbers of ${header}`, (t) => {
		const output = execFileSync('gcc', ['-m64', '-E', '-dM', '-include', header, '-x', 'c', '/dev/null'], {
			encoding: 'utf8',
		});
		const defined = new Map(
			[...output.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name = '', number]) => [
				name,
				Number(number),
			]),
		);
		const known = systemCallNumbers(architecture) ?? new Map<string, number>();
		t.true(defined.size > 300);
		// An older or newer header has fewer calls or more; a name never changes its number.
		const common = [...defined].filter(([name]) => known.has(name));
		t.true(common.length > 300);
		t.deepEqual(
			common.filter(([name, number]) => known.get(name) !== number),
			[],
		);
	});
}

test('systemCallNumbers() has the calls of arm64, some of them at other numbers', (t) => {
	const numbers = systemCallNumbers('SCMP_ARCH_AARCH64');
	t.is(numbers?.get('openat'), 56);
	t.is(numbers?.get('newfstatat'), 79);
	t.is(numbers?.get('mmap'), 222);
	t.is(numbers?.get('openat2'), 437);
	t.false(numbers?.has('open'));
});

test('systemCallNumbers() knows no other architecture', (t) => {
	t.is(systemCallNumbers('SCMP_ARCH_S390X'), null);
	t.is(systemCallNumbers('constructor'), null);
});
