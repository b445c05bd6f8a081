import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageNameOf } from '../../../../tools/package/library-search.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import type { Member } from '../../../helpers/tar.ts';
import { buildImage, madeUpSource } from './made-up-debian.ts';

const loader = '/lib64/ld-made.so.1';

interface Elf {
	readonly needs?: readonly string[];
	readonly runPath?: string;
	readonly program?: boolean;
}

/** A program or library of gcc's that needs these and nothing else; nobody runs it. */
async function elf(t: ExecutionContext, { needs = [], runPath, program = false }: Elf): Promise<string> {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'it.c'), program ? 'void _start(void) {}' : 'int it;');
	const common = ['-nostdlib', '-Wl,--no-as-needed', '-L.', '-o', 'it', 'it.c'];
	const gcc = async (...args: readonly string[]): Promise<void> => {
		const made = await runProgram('gcc', args, { cwd: folder });
		if (made.exitCode !== 0) throw new Error(made.stderr);
	};
	for (const name of needs)
		await gcc('-nostdlib', '-shared', `-Wl,-soname,${name}`, '-o', name, '-x', 'c', '/dev/null');
	await gcc(
		...common,
		...(program ? ['-pie', '-fPIE', `-Wl,--dynamic-linker=${loader}`] : ['-shared', '-fPIC']),
		...(runPath === undefined ? [] : [`-Wl,-rpath,${runPath}`]),
		...needs.map((name) => `-l:${name}`),
	);
	return readFileSync(join(folder, 'it')).toString('latin1');
}

/** tar-stream takes bytes where the helper says text. */
const file = (name: string, body: string, mode = 0o644): Member => ({
	name,
	mode,
	body: Buffer.from(body, 'latin1') as unknown as string,
});
const link = (name: string, linkname: string): Member => ({ name, linkname, type: 'symlink', mode: 0o777 });

/** A C library with a loader, as libc6 has it: an absolute link. */
async function libc(t: ExecutionContext) {
	const members = [
		file('lib/made/ld-made.so.1', 'loader', 0o755),
		link('lib64/ld-made.so.1', '/lib/made/ld-made.so.1'),
		file('lib/libc.so.6', await elf(t, {}), 0o755),
	];
	return { name: 'libc6', members };
}

const pathsOf = (listing: readonly string[]): string[] =>
	listing.filter((line) => !line.startsWith('d')).map((line) => line.split(' ').slice(3).join(' '));

test('buildPackage() adds the libraries of a program, their libraries and the loader from as few packages as possible', async (t) => {
	const source = await madeUpSource(
		t,
		{
			name: 'app',
			needs: ['libmade1', 'libaaa0', 'more', 'libc6'],
			members: [file('usr/bin/app', await elf(t, { program: true, needs: ['libc.so.6', 'libmade.so.1'] }))],
		},
		await libc(t),
		{ name: 'libaaa0', members: [file('usr/lib/libunused.so.0', 'never looked at')] },
		{
			name: 'libmade1',
			needs: ['libdeep2-3'],
			members: [
				file('usr/lib/libmade.so.1.2.3', await elf(t, { needs: ['libdeep2.so.3', 'libc.so.6'] })),
				link('usr/lib/libmade.so.1', 'libmade.so.1.2.3'),
				file('usr/share/doc/libmade1/copyright', 'not taken'),
			],
		},
		{ name: 'libdeep2-3', members: [file('usr/lib/libdeep2.so.3', await elf(t, {}), 0o755)] },
		{ name: 'more', members: [file('usr/lib/libmore.so.1', '')] },
	);
	const image = await buildImage(t, 'debian: [{ package: app, take: [/usr/bin/app] }]\n', source);
	t.deepEqual(pathsOf(image.listing), [
		'lib/libc.so.6',
		'lib/made/ld-made.so.1',
		'lib64/ld-made.so.1 -> ../lib/made/ld-made.so.1',
		'usr/bin/app',
		'usr/lib/libdeep2.so.3',
		'usr/lib/libmade.so.1',
	]);
	t.is(await image.read('lib/made/ld-made.so.1'), 'loader');
	t.deepEqual(source.fetched, ['app', 'libc6', 'libmade1', 'libdeep2-3']);
	const pins = JSON.parse(image.labels['org.slipway.debian'] ?? '') as { name: string }[];
	t.deepEqual(
		pins.map((each) => each.name),
		['app', 'libc6', 'libdeep2-3', 'libmade1'],
	);
});

test('buildPackage() finds a library in a package that is not named after it', async (t) => {
	const source = await madeUpSource(
		t,
		{
			name: 'app',
			needs: ['tool', 'liball', 'libzzz'],
			members: [file('bin/app', await elf(t, { needs: ['libodd.so.1'] }))],
		},
		{ name: 'liball', members: [file('usr/lib/libodd.so.1', 'odd')] },
		{ name: 'libzzz', members: [] },
		{ name: 'tool', members: [] },
	);
	const { listing } = await buildImage(t, 'debian: [{ package: app, take: [/bin/app] }]\n', source);
	t.deepEqual(pathsOf(listing), ['bin/app', 'usr/lib/libodd.so.1']);
	t.deepEqual(source.fetched, ['app', 'liball']);
});

for (const runPath of ['$ORIGIN/../private', '/nowhere:$' + '{ORIGIN}/../private', '/usr/private']) {
	test(`buildPackage() looks for libraries in the RUNPATH ${runPath}`, async (t) => {
		const app = await elf(t, { needs: ['libown.so'], runPath });
		const members = [file('usr/bin/app', app), file('usr/private/libown.so', 'own')];
		const source = await madeUpSource(t, { name: 'app', members });
		const image = await buildImage(t, 'debian: [{ package: app, take: [/usr/bin/app] }]\n', source);
		t.deepEqual(pathsOf(image.listing), ['usr/bin/app', 'usr/private/libown.so']);
	});
}

test('buildPackage() keeps a library that the recipe adds itself', async (t) => {
	const members = [file('bin/app', await elf(t, { needs: ['libown.so'] })), file('lib/libown.so', 'theirs')];
	const source = await madeUpSource(t, { name: 'app', members });
	const yaml =
		'debian: [{ package: app, take: [/bin/app] }]\nfiles: [{ path: lib/libown.so, contents: ours }]\n';
	t.is(await (await buildImage(t, yaml, source)).read('lib/libown.so'), 'ours');
});

test('buildPackage() ignores the libraries of a program that a link has replaced', async (t) => {
	const source = await madeUpSource(t, {
		name: 'app',
		members: [file('bin/app', await elf(t, { needs: ['libgone.so.1'] }))],
	});
	const yaml = 'debian: [{ package: app, take: [/bin/app] }]\nlinks: [{ path: bin/app, target: other }]\n';
	t.deepEqual(pathsOf((await buildImage(t, yaml, source)).listing), ['bin/app -> other']);
});

test('buildPackage() names a library that no dependency has, and the program that needs it', async (t) => {
	const source = await madeUpSource(
		t,
		{ name: 'app', needs: ['libc6'], members: [file('bin/app', await elf(t, { needs: ['libgone.so.1'] }))] },
		await libc(t),
		// It has the library, but app does not depend on it.
		{ name: 'libgone1', members: [file('lib/libgone.so.1', '')] },
	);
	const error = await t.throwsAsync(
		buildImage(t, 'debian: [{ package: app, take: ["/bin/app:/sbin/app"] }]\n', source),
		{ code: 'BAD_RECIPE' },
	);
	t.regex(
		error.message,
		/^\/sbin\/app needs libgone\.so\.1, which no .*Take it from the package that has it/,
	);
	// The message advises this.
	const yaml = `debian: [{ package: app, take: [/bin/app] }, { package: libgone1, take: [/lib] }]\n`;
	t.deepEqual(pathsOf((await buildImage(t, yaml, source)).listing), ['bin/app', 'lib/libgone.so.1']);
});

test('buildPackage() names a loader that no dependency has', async (t) => {
	const members = [file('bin/app', await elf(t, { program: true }))];
	const source = await madeUpSource(t, { name: 'app', members });
	await t.throwsAsync(buildImage(t, 'debian: [{ package: app, take: [/bin/app] }]\n', source), {
		code: 'BAD_RECIPE',
		message: /^\/bin\/app needs \/lib64\/ld-made\.so\.1/,
	});
});

const named = test.macro({
	exec: (t, library: string, expected: string) => t.is(packageNameOf(library), expected),
	title: (_, library: string, expected: string) => `packageNameOf() ${library} is ${expected}`,
});

test(named, 'libcap.so.2', 'libcap2');
test(named, 'liblz4.so.1', 'liblz4-1');
test(named, 'libgcc_s.so.1', 'libgcc-s1');
test(named, 'libstdc++.so.6', 'libstdc++6');
test(named, 'libnl-3.so.200', 'libnl-3-200');
test(named, 'libssl.so.3', 'libssl3');
test(named, 'libcrypto.so.3', 'libssl3');
test(named, 'libcrypto.so.1.1', 'libssl1.1');
test(named, 'libcrypto++.so.8', 'libcrypto++8');
test(named, 'libX11.so.6', 'libx11-6');

test('buildPackage() adds the libraries of a copied program, which no package of the recipe depends on', async (t) => {
	const source = await madeUpSource(
		t,
		await libc(t),
		{
			name: 'libmade1',
			needs: ['libdeep2-3'],
			members: [file('usr/lib/libmade.so.1', await elf(t, { needs: ['libdeep2.so.3'] }))],
		},
		{ name: 'libdeep2-3', members: [file('usr/lib/libdeep2.so.3', await elf(t, {}))] },
	);
	const program = await elf(t, { program: true, needs: ['libc.so.6', 'libmade.so.1', 'libown.so.1'] });
	const image = await buildImage(
		t,
		'copy: [{ from: a, to: bin/a }, { from: l, to: usr/lib/libown.so.1 }]\n',
		source,
		{
			a: Buffer.from(program, 'latin1') as unknown as string,
			l: 'the own library of the project',
		},
	);
	t.deepEqual(pathsOf(image.listing), [
		'bin/a',
		'lib/libc.so.6',
		'lib/made/ld-made.so.1',
		'lib64/ld-made.so.1 -> ../lib/made/ld-made.so.1',
		'usr/lib/libdeep2.so.3',
		'usr/lib/libmade.so.1',
		'usr/lib/libown.so.1',
	]);
});
