import { readFile } from 'node:fs/promises';
import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { fileTree } from '../../../../tools/check/file-tree.ts';
import type { ImageFacts, Program } from '../../../../tools/check/image-facts.ts';
import { startProblem } from '../../../../tools/check/program-check.ts';
import { readLinking, readSegments } from '../../../../tools/elf/linking.ts';

interface Given {
	readonly programs: Readonly<Record<string, Program>>;
	readonly links?: Readonly<Record<string, string>>;
	readonly texts?: Readonly<Record<string, string>>;
	readonly mounts?: readonly string[];
	readonly env?: readonly string[];
}

const glibc = '/lib64/ld-linux-x86-64.so.2';
const musl = '/lib/ld-musl-x86_64.so.1';
const elf = (
	interpreter: string | null,
	needed: readonly string[] = [],
	searched: readonly string[] = [],
): Program => {
	return { kind: 'elf', machine: 62, interpreter, needed, searched };
};

function problemOf({ programs, links = {}, texts = {}, mounts = [], env = [] }: Given): string | null {
	const entries = Object.entries(programs).map(([path, program]) => [
		path,
		{ ...program, isExecutable: true },
	]);
	const facts: ImageFacts = {
		directories: [],
		links,
		files: Object.keys(texts),
		programs: Object.fromEntries(entries),
		texts,
	};
	const problem = startProblem(fileTree([facts], new Map(), mounts), {
		args: ['/app'],
		env,
		cwd: '/',
		processor: processors.amd64,
	});
	return problem === null ? null : `${problem.check}: ${problem.message}`;
}

const loader = { 'lib64/ld-linux-x86-64.so.2': elf(null) };
const muslLoader = { 'lib/ld-musl-x86_64.so.1': elf(null) };

const starts = test.macro({
	exec(t, given: Given) {
		t.is(problemOf(given), null);
	},
	title: (title) => `startProblem() finds nothing wrong with ${title}`,
});

test('a static program', starts, { programs: { app: elf(null) } });
test('a program that could not be read', starts, { programs: { app: { kind: 'unknown', machine: null } } });
test('a program of 32 bits', starts, { programs: { app: { kind: 'unknown', machine: 3 } } });
test('a library in the directory of Debian, and those that it needs', starts, {
	programs: {
		app: elf(glibc, ['libssl.so.3']),
		...loader,
		'usr/lib/x86_64-linux-gnu/libssl.so.3': elf(null, ['libc.so.6']),
		'usr/lib/x86_64-linux-gnu/libc.so.6': elf(null, ['ld-linux-x86-64.so.2']),
	},
	links: { lib: 'usr/lib' },
});
test('a library beside the program', starts, {
	programs: { 'opt/app': elf(glibc, ['liba.so'], ['$ORIGIN/../lib']), 'lib/liba.so': elf(null), ...loader },
	links: { app: 'opt/app' },
});
test('a library where LD_LIBRARY_PATH leads to', starts, {
	programs: { app: elf(glibc, ['liba.so']), 'x/liba.so': elf(null), ...loader },
	env: ['LD_LIBRARY_PATH=/y:/x'],
});
test('a library where ld.so.conf leads to', starts, {
	programs: { app: elf(glibc, ['liba.so']), 'opt/x/liba.so': elf(null), ...loader },
	texts: { 'etc/ld.so.conf.d/x.conf': '# ours\n/opt/x\n' },
});
test('a library for newer processors', starts, {
	programs: {
		app: elf(glibc, ['liba.so']),
		'usr/lib64/glibc-hwcaps/x86-64-v3/liba.so': elf(null),
		...loader,
	},
});
test('a library that the cache of ldconfig may have', starts, {
	programs: { app: elf(glibc, ['liba.so']), 'opt/liba.so': elf(null), ...loader },
	links: { 'etc/ld.so.cache': '/somewhere' },
});
test('a library in a directory that is mounted', starts, {
	programs: { app: elf(glibc, ['liba.so']), ...loader },
	mounts: ['/usr/lib'],
});
test("the libraries of musl's loader itself", starts, {
	programs: { app: elf(musl, ['libc.musl-x86_64.so.1', 'libpthread.so.0']), ...muslLoader },
});
test('a library of musl', starts, {
	programs: { app: elf(musl, ['libz.so.1']), 'usr/lib/libz.so.1': elf(null), ...muslLoader },
});
test('libraries that need each other', starts, {
	programs: {
		app: elf(glibc, ['a.so']),
		'lib/a.so': elf(null, ['b.so']),
		'lib/b.so': elf(null, ['a.so']),
		...loader,
	},
});

const fails = test.macro({
	exec(t, given: Given, expected: string) {
		t.is(problemOf(given), expected);
	},
	title: (title) => `startProblem() of ${title}`,
});

test(
	'a program of glibc in an image of musl',
	fails,
	{ programs: { app: elf(glibc), ...muslLoader } },
	`interpreter: /app needs the dynamic loader ${glibc}, which the image does not have. The program is of a glibc system (Debian), the image has musl (Alpine).`,
);
test(
	'a program of musl in an image of glibc',
	fails,
	{ programs: { app: elf(musl), ...loader } },
	`interpreter: /app needs the dynamic loader ${musl}, which the image does not have. The program is of a musl system (Alpine), the image has glibc.`,
);
test(
	'a library of a library',
	fails,
	{ programs: { app: elf(glibc, ['a.so']), 'lib/a.so': elf(null, ['b.so']), ...loader } },
	'library: /lib/a.so needs the library b.so, which the image does not have.',
);
test(
	'a library where no loader looks',
	fails,
	{ programs: { app: elf(glibc, ['a.so']), 'opt/a.so': elf(null), ...loader } },
	'library: /app needs the library a.so, which the image has as /opt/a.so, where the loader does not look for it.',
);
test(
	'a library that the path of musl excludes',
	fails,
	{
		programs: { app: elf(musl, ['a.so']), 'usr/lib/a.so': elf(null), ...muslLoader },
		texts: { 'etc/ld-musl-x86_64.path': '/lib\n/usr/local/lib\n' },
	},
	'library: /app needs the library a.so, which the image has as /usr/lib/a.so, where the loader does not look for it.',
);
test(
	'a script whose interpreter lacks a library',
	fails,
	{ programs: { app: { kind: 'script', line: '/bin/x' }, 'bin/x': elf(glibc, ['a.so']), ...loader } },
	'library: /bin/x needs the library a.so, which the image does not have.',
);

test(
	'a program for another processor',
	fails,
	{ programs: { app: { kind: 'elf', machine: 183, interpreter: glibc, needed: [], searched: [] } } },
	'processor: /app is a program for arm64, and the system is for amd64. The kernel does not start it. Build the image for linux/amd64.',
);
test(
	'a script whose interpreter is for another processor',
	fails,
	{ programs: { app: { kind: 'script', line: '/bin/x' }, 'bin/x': { kind: 'unknown', machine: 22 } } },
	'processor: /bin/x is a program for s390x, and the system is for amd64. The kernel does not start it. Build the image for linux/amd64.',
);

test('startProblem() of scripts that name each other ends', (t) => {
	t.is(
		problemOf({ programs: { app: { kind: 'script', line: '/b' }, b: { kind: 'script', line: '/app' } } }),
		null,
	);
});

test('readLinking() of a program of this machine gives a tree in which it starts', async (t) => {
	const bytes = await readFile('/bin/bash');
	const file = {
		at: (offset: number, length: number) =>
			offset + length <= bytes.length ? bytes.subarray(offset, offset + length) : null,
	};
	const linking = readLinking(file, readSegments(file) ?? []);
	if (linking === null) throw new Error('no linking');
	const app: Program = { kind: 'elf', machine: 62, ...linking };
	const libraries = Object.fromEntries(
		linking.needed.map((name) => [`lib/x86_64-linux-gnu/${name}`, elf(null)]),
	);
	t.is(
		problemOf({ programs: { app, ...libraries, [linking.interpreter?.slice(1) ?? '']: elf(null) } }),
		null,
	);
	t.regex(
		problemOf({ programs: { app, [linking.interpreter?.slice(1) ?? '']: elf(null) } }) ?? '',
		/^library: \/app needs the library lib/,
	);
});
