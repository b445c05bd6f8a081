// The root image of whole systems against GNU tar's tree of the same system: LinuxKit's golden cases, and one with every kind of
// file and attribute. unsquashfs needs root for owners, devices and attributes.

import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ImageDefaultsJson } from '../../../../supervisor/image/image-config.ts';
import { tarArchive } from '../../../../tools/archive/tar.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { writeStream } from '../../../../tools/files/replace-file.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { packRootImage } from '../../../../tools/output/root-image.ts';
import { rootSettings } from '../../../../tools/output/root-settings.ts';
import { openSegmentCache } from '../../../../tools/output/segment-cache.ts';
import type { Plan } from '../../../../tools/resolve/plan.ts';
import { treeInOneStream } from '../../../../tools/system/boot-entries.ts';
import { systemTree } from '../../../../tools/system/system-tree.ts';
import { everyKindOfFile } from '../../../helpers/every-kind.ts';
import { putTree } from '../../../helpers/own-store.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
	const ran = await runProgram(program, args, { cwd });
	if (ran.exitCode !== 0) throw new Error(`${program}: ${ran.stderr}`);
	return ran.stdout;
}

/** Lists kind, mode, owner, time, names, target and bytes of all paths, and capabilities. */
async function listTree(folder: string): Promise<string[]> {
	// GNU tar gives a directory the time of now when files of it come late in an archive.
	const format = '%P %y %m %U:%G';
	const script =
		`find . -mindepth 1 -printf '${format} '  \\( -type d -o -printf '%Ts' \\) -printf ' %l\\n'; find . -type f -printf '%P %n %s\\n'; ` +
		"find . -type f -exec sha256sum {} +; find . -type c,b -exec stat -c '%n %t:%T' {} +; getcap -r .";
	const lines = await run('sh', ['-c', script], folder);
	return lines.split('\n').sort();
}

async function unpackedImage(t: ExecutionContext, plan: Plan, store: ImageStore): Promise<string> {
	const scratch = scratchFolder(t);
	const image = await packRootImage(systemTree(plan, store.blobs), {
		cache: openSegmentCache(store.folder, new Set()),
		scratch,
		settings: rootSettings.fast,
		onPacked: () => undefined,
		findStarter: async () => ({}),
	});
	if (typeof image === 'string') throw new Error(image);
	await joinFiles(image.sources, join(scratch, 'image'));
	await run('unsquashfs', ['-q', '-n', '-d', join(scratch, 'tree'), join(scratch, 'image')], scratch);
	return join(scratch, 'tree');
}

/** Returns GNU tar's tree, with the mount points that a root image has in any case, and without the kernel. */
async function unpackedTar(t: ExecutionContext, plan: Plan, store: ImageStore): Promise<string> {
	const scratch = scratchFolder(t);
	const tree = join(scratch, 'tree');
	mkdirSync(tree);
	await writeStream(join(scratch, 'tar'), tarArchive(treeInOneStream(plan, store.blobs)), { flush: false });
	await run('tar', ['--xattrs', '--xattrs-include=*', '-xpf', '../tar'], tree);
	await run('rm', ['-rf', 'boot'], tree);
	return tree;
}

const addedFolder = /^(dev|mnt|proc|run|sys|var|tmp) d /;

async function compare(t: ExecutionContext, plan: Plan, store: ImageStore): Promise<readonly string[]> {
	const expected = await listTree(await unpackedTar(t, plan, store));
	const image = await listTree(await unpackedImage(t, plan, store));
	const added = image.filter((line) => addedFolder.test(line) && !expected.includes(line));
	t.deepEqual(
		image.filter((line) => !added.includes(line)),
		expected,
	);
	return image;
}

const golden = test.macro({
	async exec(t, folder: string) {
		const store = openImageStore(scratchFolder(t));
		const config = JSON.parse(readFileSync(`${folder}/image-config.json`, 'utf8')) as ImageDefaultsJson;
		const app = { name: 'app', body: 'a'.repeat(8856), mode: 0o755 };
		await putTestImage(store, 'lkbase/case:v1', [app], config);
		await putTestImage(store, 'lkbase/other:v1', [app], { Entrypoint: ['/app'] });
		const yaml = { name: 'service.yml', text: readFileSync(`${folder}/service.yml`, 'utf8') };
		await compare(t, await offlinePlan(loadConfig([yaml]), store), store);
	},
	title: (_, folder: string) => `packRootImage() like the tar of ${folder.split('/').at(-1)}`,
});

for (const folder of globSync(
	'test/golden/cases/{caps-all-upper,devices-mixed-resources,files,readonly,runtime*}',
))
	test(golden, folder);

test('packRootImage() keeps every kind of file, owner and attribute', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await putTree(store, 't/all:v1', everyKindOfFile());
	const text = 'init: ["t/all:v1"]\nfiles: [{ path: etc/motd, contents: x }]\n';
	const lines = await compare(t, await offlinePlan(loadConfig([{ name: 'a.yml', text }]), store), store);
	t.true(lines.some((line) => /d\/ping .*cap_net_raw/.test(line)));
});
