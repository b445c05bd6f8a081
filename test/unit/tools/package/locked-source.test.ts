import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SlipwayError } from '../../../../tools/errors.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { buildPackage, usedPackages } from '../../../../tools/package/build-package.ts';
import { debianLockFile, debianLockText, readDebianLock } from '../../../../tools/package/debian-lock.ts';
import { lockedSource, lockOf, recordingSource } from '../../../../tools/package/locked-source.ts';
import type { PackageSource } from '../../../../tools/package/package-source.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { madeUpSource, projectFolder } from './made-up-debian.ts';

// A program of this host, so that its library is looked for in the made-up packages.
const program = readFileSync('/bin/true');
const libc = 'lib/x86_64-linux-gnu/libc.so.6';
const loader = 'lib64/ld-linux-x86-64.so.2';

const tools = (body: string) => ({
	name: 'tools',
	needs: ['libc6', 'liba'],
	members: [
		{ name: 'bin/true', body: program, mode: 0o755 },
		{ name: 'bin/tool', body },
	],
});
const library = (name: string, body: string) => ({
	name,
	members: [
		{ name: libc, body },
		{ name: loader, body },
	],
});

const yaml = 'image: x\ndebian: [{ package: tools, take: [/bin] }]\n';

async function build(t: ExecutionContext, source: PackageSource, recipe = yaml) {
	const folder = projectFolder(t, { 'build.yml': recipe });
	const store = openImageStore(scratchFolder(t));
	const loaded = await loadRecipe(folder);
	const { manifest } = await buildPackage(loaded, store, source);
	return { digest: manifest.digest, used: await usedPackages(loaded, store) };
}

test('a locked build gives the same image when newer packages and other dependencies are published', async (t) => {
	const source = await madeUpSource(t, tools('one'), library('libc6', 'one'));
	const recording = recordingSource(source);
	const first = await build(t, recording);
	const lock = await lockOf(first.used, recording);
	t.deepEqual([...lock.keys()].sort(), ['libc6', 'tools']);
	for (const each of [tools('two'), library('libc6', 'two'), library('liba', 'two')])
		await source.publish(each);
	t.not((await build(t, source)).digest, first.digest);
	t.is((await build(t, lockedSource(source, lock, 'build.lock'))).digest, first.digest);
});

test('lockOf() notes packages in which a library was only searched', async (t) => {
	const recording = recordingSource(
		await madeUpSource(
			t,
			{ ...tools('one'), needs: ['libc6', 'libz'] },
			{ name: 'libc6', members: [{ name: 'etc/none', body: '' }] },
			library('libz', 'one'),
		),
	);
	const { used } = await build(t, recording);
	t.deepEqual(used, ['libz', 'tools']);
	t.deepEqual([...(await lockOf(used, recording)).keys()].sort(), ['libc6', 'libz', 'tools']);
});

test('lockOf() keeps the dependencies of a metapackage alone', async (t) => {
	const source = recordingSource(
		await madeUpSource(t, { name: 'meta', needs: ['tools'], members: [] }, tools('one')),
	);
	for (const each of (await source.candidates(['tools'])).values()) await source.fetch(each);
	const lock = await lockOf(['meta', 'tools'], source);
	t.deepEqual(
		[...lock.values()].map(({ name, depends }) => [name, depends]),
		[
			['tools', ''],
			['meta', 'tools'],
		],
	);
});

test('a recipe that needs more than its lock file has is refused', async (t) => {
	const source = await madeUpSource(t, tools('one'), library('libc6', 'one'));
	const locked = lockedSource(source, new Map(), 'pkg/x/build.lock');
	await t.throwsAsync(build(t, locked), {
		code: 'BAD_RECIPE',
		message:
			/build\.yml:2:21: pkg\/x\/build\.lock does not have the Debian package tools\. .*"slipway pkg build --write-lock"\.\n/,
	});
});

test('a locked package that cannot be had any more is told with its version and hash', async (t) => {
	const source = await madeUpSource(t, tools('one'));
	const recording = recordingSource(source);
	const lock = await lockOf([], recordingSource(source));
	const [each] = (await recording.candidates(['tools'])).values();
	if (each === undefined) throw new Error('tools was published');
	const gone = {
		...source,
		fetch: () => Promise.reject(new SlipwayError('TOOL_FAILED', "Version '1.0' for 'tools' was not found")),
	};
	const error = await t.throwsAsync(lockedSource(gone, lock, 'build.lock').fetch(each), {
		code: 'TOOL_FAILED',
	});
	t.true(
		error.message.startsWith(`build.lock locks tools 1.0 (all, SHA-256 ${each.sha256}). `),
		error.message,
	);
	t.regex(error.message, /can't download it: Version '1\.0' for 'tools' was not found\nAdd an archive .*/);
});

test('the lock file of a build reads back as its lock', async (t) => {
	const recording = recordingSource(await madeUpSource(t, tools('one'), library('libc6', 'one')));
	const { used } = await build(t, recording);
	const lock = await lockOf(used, recording);
	const folder = projectFolder(t, { 'build.lock': debianLockText(lock) });
	t.deepEqual(await readDebianLock(join(debianLockFile(folder))), new Map([...lock].sort()));
});
