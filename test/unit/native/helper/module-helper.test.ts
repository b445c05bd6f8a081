// The kernel's module helper, run on a made-up root whose `modprobe` writes down that it was started.

import {
	appendFileSync,
	chmodSync,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { release } from 'node:os';
import { join, resolve } from 'node:path';
import ava from 'ava';
import { ModuleTree } from '../../../../init/modules/module-tree.ts';
import { buildStaticProgram } from '../../../../tools/build/build-static-program.ts';
import { globCases } from '../../../helpers/glob-cases.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

// One after another: the helper remembers for seconds only, and a hundred tests at once take longer.
const test = ava.serial;
const helper = join(scratchFolder(), 'module-helper');
ava.before(() => buildStaticProgram('module-helper', helper));

const index = {
	'modules.dep': `# a comment
kernel/net/nf-x.ko.xz: kernel/lib/crc-y.ko
kernel/lib/crc-y.ko:
kernel/odd.ko.ko:
kernel/none:
`,
	'modules.builtin': 'kernel/fs/tmpfs-x.ko\n',
	'modules.alias': `# Aliases extracted from modules themselves.
alias net-pf-31 nf_x
alias fs-odd odd.ko
alias crypto-two nf_x
alias crypto-two crc_y
alias net-pf-16-proto-*-type-[0-4] nf_x
alias no-module
`,
	'modules.symbols': 'alias symbol:crc32c crc_y\n',
};

interface Root {
	readonly folder: string;
	/** Where the memory is. */
	readonly memory: string;
	ask(name: string): Promise<number | null>;
	/** The lines that the made-up modprobe wrote. */
	loads(): string[];
}

/** @param body - of the made-up modprobe, a shell script */
function makeRoot(body = 'exit 0', files: Readonly<Record<string, string>> = index): Root {
	const folder = scratchFolder();
	const modules = join(folder, 'lib/modules', release());
	for (const each of [modules, join(folder, 'lib/slipway'), join(folder, 'run/slipway')]) {
		mkdirSync(each, { recursive: true });
	}
	for (const [name, text] of Object.entries(files)) writeFileSync(join(modules, name), text);
	const log = join(folder, 'loads');
	const modprobe = join(folder, 'lib/slipway/modprobe');
	writeFileSync(modprobe, `#!/bin/sh\necho "$@" >> ${log}\n${body}\n`);
	chmodSync(modprobe, 0o755);
	return {
		folder,
		memory: join(folder, 'run/slipway/module-requests'),
		ask: async (name) => (await runProgram(helper, ['--root', folder, '-q', '--', name])).exitCode,
		loads: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
	};
}

function addAlias({ folder }: Root, line: string): void {
	appendFileSync(join(folder, 'lib/modules', release(), 'modules.alias'), `${line}\n`);
}

type Answer = 'load' | 'present' | 'none';

const answers = ava.macro({
	async exec(t, name: string, expected: Answer) {
		const root = makeRoot();
		t.is(await root.ask(name), expected === 'none' ? 1 : 0);
		t.deepEqual(root.loads(), expected === 'load' ? [`-q -- ${name}`] : []);
		// The program that it starts reads the same files.
		const tree = new ModuleTree(join(root.folder, 'lib/modules', release()), []);
		const files = tree.isKnown(name)
			? tree.filesFor(name)
			: tree.modulesForAlias(name).flatMap((module) => tree.filesFor(module));
		t.is(tree.isKnown(name) || tree.modulesForAlias(name).length > 0, expected !== 'none');
		t.is(files.length > 0, expected === 'load');
	},
	title: (_, name, expected) => `module-helper and ModuleTree find for ${name}: ${expected}`,
});
test(answers, 'nf_x', 'load');
test(answers, 'nf-x', 'load');
test(answers, 'crc-y', 'load');
test(answers, 'crc_y', 'load');
test(answers, 'odd.ko', 'load');
test(answers, 'none', 'load');
test(answers, 'odd', 'none');
test(answers, 'nf', 'none');
test(answers, 'nf_x.ko', 'none');
test(answers, 'tmpfs-x', 'present');
test(answers, 'tmpfs_x', 'present');
test(answers, 'net-pf-31', 'load');
test(answers, 'net_pf_31', 'none');
test(answers, 'net-pf-3', 'none');
test(answers, 'net-pf-311', 'none');
test(answers, 'fs-odd', 'load');
test(answers, 'net-pf-16-proto-9-type-4', 'load');
test(answers, 'net-pf-16-proto-9-type-5', 'none');
test(answers, 'symbol:crc32c', 'load');
test(answers, 'symbol:other', 'none');
test(answers, 'no-module', 'none');
test(answers, '#', 'none');

const globs = ava.macro({
	async exec(t, text: string, glob: string, isMatch: boolean) {
		const root = makeRoot('exit 0', { 'modules.alias': `alias ${glob} some\n` });
		await root.ask(text);
		t.is(root.loads().length, isMatch ? 1 : 0);
	},
	title: (_, text, glob, isMatch) => `module-helper: ${text} ${isMatch ? 'is' : 'is not'} ${glob}`,
});
for (const globCase of globCases) if (globCase[0] !== '') test(globs, ...globCase);

test('module-helper starts modprobe for an alias of modprobe.d, in any of kmod’s folders', async (t) => {
	const root = makeRoot();
	const write = (path: string, text: string): void => {
		mkdirSync(join(root.folder, path, '..'), { recursive: true });
		writeFileSync(join(root.folder, path), text);
	};
	write('etc/modprobe.d/a.conf', '# no comment\n  alias\tnet-pf-5[0-4]\t nf_x\nblacklist net-pf-60\n');
	write('lib/modprobe.d/b.conf', 'options x y\nalias net-pf-61 off');
	write('etc/modprobe.d/c.txt', 'alias net-pf-62 nf_x\n');
	for (const name of ['net-pf-52', 'net-pf-61']) t.is(await root.ask(name), 0, name);
	for (const name of ['net-pf-55', 'net-pf-60', 'net-pf-62']) t.is(await root.ask(name), 1, name);
	t.deepEqual(root.loads(), ['-q -- net-pf-52', '-q -- net-pf-61']);
});

test('a refused name is remembered: the indexes are not read again', async (t) => {
	const root = makeRoot();
	t.is(await root.ask('net-pf-44'), 1);
	addAlias(root, 'alias net-pf-44 nf_x');
	addAlias(root, 'alias net-pf-45 nf_x');
	t.is(await root.ask('net-pf-44'), 1);
	t.deepEqual(root.loads(), []);
	t.is(await root.ask('net-pf-45'), 0, 'another name is not meant');
});

test('a load that failed is not repeated at once, whatever names are invented', async (t) => {
	const root = makeRoot('exit 3');
	t.is(await root.ask('net-pf-31'), 1);
	t.is(await root.ask('net-pf-31'), 1);
	t.is(root.loads().length, 1);
});

test('a load that succeeded is not repeated at once', async (t) => {
	const root = makeRoot();
	t.is(await root.ask('net-pf-31'), 0);
	t.is(await root.ask('net-pf-31'), 0);
	t.is(root.loads().length, 1);
});

test('a module that is live is not loaded again, one that starts is', async (t) => {
	const root = makeRoot();
	const setState = (module: string, state: string): void => {
		mkdirSync(join(root.folder, 'sys/module', module), { recursive: true });
		writeFileSync(join(root.folder, 'sys/module', module, 'initstate'), `${state}\n`);
	};
	setState('nf_x', 'live');
	t.is(await root.ask('net-pf-31'), 0);
	t.is(await root.ask('nf-x'), 0);
	t.deepEqual(root.loads(), []);
	setState('crc_y', 'coming');
	t.is(await root.ask('crypto-two'), 0);
	t.deepEqual(root.loads(), ['-q -- crypto-two']);
});

test('100,000 invented names leave the memory at its size, with the last names in it', async (t) => {
	const root = makeRoot();
	await root.ask('net-pf-44');
	const { size } = statSync(root.memory);
	t.true(size < 128 * 1024);
	const program = join(root.folder, 'remember');
	const compiled = await runProgram('gcc', [
		...['-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program],
		...[join(import.meta.dirname, 'fixtures/remember.c'), resolve('native/helper/memory.c')],
	]);
	t.is(compiled.stderr, '');
	const { stdout } = await runProgram(program, [root.folder, '100000']);
	const [wrong, found] = [...stdout.matchAll(/\d+/g)].map(Number);
	t.is(wrong, 0);
	t.true((found ?? 0) > 400 && (found ?? 0) <= 512, stdout);
	t.is(statSync(root.memory).size, size);
});

const oddNames = [
	...['', '..', '../../etc/passwd', '-q', '--', '%s%n%s', 'a b', 'a\nb', '\\', '[', '*', 'ü', '\u0001'],
	...['n'.repeat(56), 'n'.repeat(111), 'n'.repeat(112), 'n'.repeat(100_000)],
];
for (const name of oddNames) {
	test(`an odd name is refused: ${JSON.stringify(name.slice(0, 20))}, ${name.length} long`, async (t) => {
		const root = makeRoot();
		t.is(await root.ask(name), 1);
		t.is(await root.ask(name), 1);
		t.deepEqual(root.loads(), []);
	});
}

test('it takes the call of the kernel and no other', async (t) => {
	for (const args of [[], ['x'], ['-q', 'x'], ['-r', '--', 'x'], ['-q', '--', 'x', 'y']]) {
		t.is((await runProgram(helper, args)).exitCode, 2, args.join(' '));
	}
});

test('it needs no environment', async (t) => {
	const root = makeRoot('[ "$HOME $TERM $PATH" = "/ linux /sbin:/usr/sbin:/bin:/usr/bin" ]');
	const { exitCode } = await runProgram(helper, ['--root', root.folder, '-q', '--', 'nf_x'], { env: {} });
	t.is(exitCode, 0);
});

test('without /run/slipway and without indexes it answers all the same', async (t) => {
	const root = makeRoot();
	rmSync(join(root.folder, 'run'), { recursive: true });
	t.is(await root.ask('net-pf-31'), 0);
	t.is(await root.ask('net-pf-44'), 1);
	t.is(root.loads().length, 1);
	t.false(existsSync(join(root.folder, 'run')));
	rmSync(join(root.folder, 'lib/modules'), { recursive: true });
	t.is(await root.ask('net-pf-31'), 1);
});

const damage: Readonly<Record<string, (memory: string) => void>> = {
	'is full of 0xff': (memory) => writeFileSync(memory, Buffer.alloc(200_000, 0xff)),
	'is cut': (memory) => {
		writeFileSync(memory, Buffer.alloc(100_000, 1));
		truncateSync(memory, 100);
	},
	'is a folder': (memory) => mkdirSync(memory),
	'is a link': (memory) => symlinkSync('../../victim', memory),
};
for (const [what, harm] of Object.entries(damage)) {
	test(`a memory that ${what} does no harm`, async (t) => {
		const root = makeRoot();
		const victim = join(root.folder, 'victim');
		writeFileSync(victim, 'kept');
		harm(root.memory);
		t.is(await root.ask('net-pf-44'), 1);
		t.is(await root.ask('net-pf-31'), 0);
		t.is(root.loads().length, 1);
		t.is(readFileSync(victim, 'utf8'), 'kept');
	});
}

test('one module that many ask for at a time is loaded once, and all get its answer', async (t) => {
	const root = makeRoot('sleep 0.3');
	const codes = await Promise.all(Array.from({ length: 30 }, () => root.ask('net-pf-31')));
	t.deepEqual([...new Set(codes)], [0]);
	t.is(root.loads().length, 1);
});

test('of many modules only a few load at a time', async (t) => {
	const names = Array.from({ length: 12 }, (_, number) => `m${number}`);
	const body = 'sleep 0.2; echo end >> $(dirname $0)/../../loads';
	const root = makeRoot(body, { 'modules.dep': names.map((name) => `${name}.ko:\n`).join('') });
	t.deepEqual([...new Set(await Promise.all(names.map((name) => root.ask(name))))], [0]);
	let running = 0;
	let most = 0;
	for (const line of root.loads()) {
		running += line === 'end' ? -1 : 1;
		most = Math.max(most, running);
	}
	t.is(root.loads().length, 24);
	t.true(most > 1 && most <= 4, String(most));
});

test('the permits of a loader that was killed are free again', async (t) => {
	const root = makeRoot('[ -e $(dirname $0)/well ] || kill -9 $PPID; exit 0');
	for (const name of ['nf_x', 'crc_y', 'net-pf-31', 'crypto-two', 'symbol:crc32c']) {
		t.is(await root.ask(name), null);
	}
	writeFileSync(join(root.folder, 'lib/slipway/well'), '');
	t.is(await root.ask('nf_x'), 0);
});

test('where many are refused in a second, each of them waits', async (t) => {
	const root = makeRoot();
	const startMs = performance.now();
	t.is(await root.ask('net-pf-43'), 1);
	const asked = Array.from({ length: 64 }, async (_, number) => {
		await root.ask(`invented-${number}`);
		return performance.now() - startMs;
	});
	const durations = await Promise.all(asked);
	t.true(
		durations.some((each) => each >= 250),
		durations.join(),
	);
});
