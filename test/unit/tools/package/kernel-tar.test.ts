import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import type { Member } from '../../../helpers/tar.ts';
import { buildImage, type MadeUpPackage, madeUpSource } from './made-up-debian.ts';

const modules = 'lib/modules/1.0-made';

/** A module as modprobe(8) sees it: it has `own` and asks for `uses`. Nobody loads it. */
async function kernelModule(t: ExecutionContext, name: string, own: string, uses?: string): Promise<Member> {
	const folder = scratchFolder(t);
	const section = '__attribute__((section("__ksymtab_strings"), used))';
	const use = uses === undefined ? '' : `extern int ${uses}; int *use = &${uses};`;
	writeFileSync(
		join(folder, 'm.c'),
		`int ${own}; ${use} static const char __kstrtab_${own}[] ${section} = "${own}";`,
	);
	const made = await runProgram('gcc', ['-c', '-o', 'm.ko', 'm.c'], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(made.stderr);
	const body = readFileSync(join(folder, 'm.ko'));
	// tar-stream takes bytes where the helper says text.
	return { name: `${modules}/kernel/${name}.ko`, body: body as unknown as string };
}

/** As Debian has it: a metapackage, and the kernel of a version, whose module net-b needs lib_a. */
async function packages(t: ExecutionContext): Promise<readonly MadeUpPackage[]> {
	const members = [
		{ name: 'boot/vmlinuz-1.0-made', body: 'the kernel', mode: 0o600 },
		{ name: `${modules}/modules.builtin`, body: 'kernel/fs/ext4/ext4.ko\n' },
		{ name: `${modules}/modules.builtin.modinfo`, body: '' },
		{ name: `${modules}/modules.order`, body: '' },
		await kernelModule(t, 'lib/lib_a', 'symbol_a'),
		await kernelModule(t, 'drivers/net/net-b', 'symbol_b', 'symbol_a'),
		await kernelModule(t, 'drivers/other/c', 'symbol_c'),
	];
	const image = { name: 'linux-image-1.0-made', members };
	return [{ name: 'linux-image-made', needs: [image.name], members: [] }, image];
}

async function modulesOf(t: ExecutionContext, ...names: readonly string[]): Promise<string[]> {
	const source = await madeUpSource(t, ...(await packages(t)));
	const yaml = `kernel: { package: linux-image-made, modules: [${names.join(', ')}] }\n`;
	const image = await buildImage(t, yaml, source);
	t.deepEqual(
		image.listing.map((line) => line.replace(/ \d+ /, ' ')),
		['-rw-r--r-- 0/0 kernel', '-rw-r--r-- 0/0 kernel.tar'],
	);
	t.is(await image.read('kernel'), 'the kernel');
	const tar = join(scratchFolder(t), 'kernel.tar');
	// The made-up modules are of bytes that are no text, so the inner tar goes through a file.
	const layer = image.store.blobs.path((await image.store.find('slipway/x:v1'))?.layers[0]?.digest ?? '');
	await runProgram('sh', ['-c', 'tar -xOzf "$0" kernel.tar > "$1"', layer, tar]);
	const { stdout } = await runProgram('tar', ['-tf', tar]);
	const files = stdout.split('\n').filter((line) => line.endsWith('.ko'));
	const index = (await runProgram('tar', ['-xOf', tar, `${modules}/modules.dep`])).stdout;
	const indexed = index
		.trimEnd()
		.split('\n')
		.map((line) => `${modules}/${line.split(':')[0]}`);
	t.deepEqual(indexed.sort(), files);
	return files.map((path) => path.replace(`${modules}/kernel/`, ''));
}

const [a, b, c] = ['lib/lib_a.ko', 'drivers/net/net-b.ko', 'drivers/other/c.ko'];

const chooses = test.macro({
	async exec(t, names: readonly string[], expected: readonly (string | undefined)[]) {
		t.deepEqual(await modulesOf(t, ...names), expected);
	},
	title: (what) => `kernel.tar has ${what}`,
});

test('a module by its name', chooses, ['lib-a'], [a]);
test('the dependencies of a module', chooses, ['net_b'], [b, a]);
test('the modules of a directory', chooses, ['drivers/'], [b, c, a]);
test('nothing for a module that is built in', chooses, ['ext4', 'c'], [c]);

test('buildPackage() refuses a module that the kernel does not have', async (t) => {
	await t.throwsAsync(modulesOf(t, 'lib_a', 'nothing'), {
		code: 'BAD_RECIPE',
		message: /no module nothing: neither/,
	});
});

test('buildPackage() refuses a kernel package without a kernel', async (t) => {
	const source = await madeUpSource(t, { name: 'redis', members: [{ name: 'bin/redis', body: '' }] });
	const yaml = 'kernel: { package: redis, modules: [] }\n';
	await t.throwsAsync(buildImage(t, yaml, source), { code: 'BAD_RECIPE', message: /redis has no kernel/ });
});

test('buildPackage() follows the metapackage of a kernel, and pins both', async (t) => {
	const source = await madeUpSource(t, ...(await packages(t)));
	const { labels } = await buildImage(t, 'kernel: { package: linux-image-made, modules: [] }\n', source);
	const pins = JSON.parse(labels['org.slipway.debian'] ?? '') as { name: string }[];
	t.deepEqual(
		pins.map((each) => each.name),
		['linux-image-1.0-made', 'linux-image-made'],
	);
});
