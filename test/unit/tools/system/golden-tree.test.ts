// Whole trees against LinuxKit's own, entry by entry and in its order. `tree.txt` has a line an entry: kind and mode,
// owner, size, time, path and link target, and then PAX records in which LinuxKit notes where an entry comes from.

import { existsSync, globSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { ImageDefaultsJson } from '../../../../supervisor/image/image-config.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { treeInOneStream } from '../../../../tools/system/boot-entries.ts';
import { bundleJson } from '../../../../tools/system/bundle/bundle-json.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';
import { withoutConfinement } from '../../../helpers/without-confinement.ts';

/** Cases with an intended difference; each difference has a test of its own. */
const different: ReadonlySet<string> = new Set([
	'files', // parent folders get 0755 and are not made twice: files-section.test.ts
	'resources-mixedcase-keys', // LinuxKit's YAML reader drops the keys in camelCase
]);

const app = { name: 'app', body: 'a'.repeat(8856), mode: 0o755 };

async function ourTree(t: ExecutionContext, folder: string): Promise<string[]> {
	const store = openImageStore(scratchFolder(t));
	const config = JSON.parse(readFileSync(`${folder}/image-config.json`, 'utf8')) as ImageDefaultsJson;
	await putTestImage(store, 'lkbase/case:v1', [app], config);
	await putTestImage(store, 'lkbase/other:v1', [app], { Entrypoint: ['/app'] });
	const yaml = { name: 'service.yml', text: readFileSync(`${folder}/service.yml`, 'utf8') };
	const plan = await offlinePlan(loadConfig([yaml]), store);
	const lines: string[] = [];
	for await (const entry of treeInOneStream(plan, store.blobs))
		lines.push(lineOf(await likeTheirs(entry, folder)));
	return lines;
}

/** Gives config.json the size that it has without our default confinement. */
async function likeTheirs(entry: Entry, folder: string): Promise<Entry> {
	if (entry.kind !== 'file' || !entry.path.endsWith('/config.json')) return entry;
	const parts: Uint8Array[] = [];
	for await (const part of entry.content()) parts.push(part);
	const several = `${folder}/${entry.path}`;
	const theirs = JSON.parse(readFileSync(existsSync(several) ? several : `${folder}/config.json`, 'utf8'));
	const spec = withoutConfinement(JSON.parse(Buffer.concat(parts).toString()), theirs);
	return { ...entry, sizeBytes: Buffer.byteLength(bundleJson(spec)) };
}

const kinds = {
	file: '-',
	directory: 'd',
	symlink: 'l',
	hardlink: 'h',
	block: 'b',
	character: 'c',
	fifo: 'p',
};

function lineOf(entry: Entry): string {
	const mode = `${kinds[entry.kind]}${entry.mode.toString(8).padStart(4, '0')}`;
	const size = String(entry.kind === 'file' ? entry.sizeBytes : 0).padStart(6);
	const target = entry.kind === 'symlink' ? ` -> ${entry.target}` : '';
	return `${mode} ${entry.uid}:${entry.gid} ${size} ${entry.mtimeSeconds} ${entry.path}${target}`;
}

function theirTree(folder: string): string[] {
	return readFileSync(`${folder}/tree.txt`, 'utf8')
		.trimEnd()
		.split('\n')
		.map((line) => line.replace(/ \{".*\}$/, ''));
}

const golden = test.macro({
	async exec(t, folder: string) {
		t.deepEqual(await ourTree(t, folder), theirTree(folder));
	},
	title: (_, folder: string) => `systemTree() like LinuxKit: ${folder.split('/').at(-1)}`,
});

for (const folder of globSync('test/golden/cases/*').sort()) {
	const isHere = existsSync(`${folder}/tree.txt`) && existsSync(`${folder}/image-config.json`);
	if (isHere && !different.has(folder.split('/').at(-1) ?? '')) test(golden, folder);
}
