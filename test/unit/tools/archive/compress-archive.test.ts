import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compressArchive } from '../../../../tools/archive/compress-archive.ts';
import { openCompressors, partBytes } from '../../../../tools/archive/compressors.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { unpackInitrd } from '../../../helpers/initrd.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const common = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
const sizes = [100, partBytes - 2000, 0.7 * partBytes, 0.7 * partBytes, 2.5 * partBytes, 100, 0].map(
	Math.floor,
);

function contentOf(index: number, sizeBytes: number): Buffer {
	return Buffer.alloc(sizeBytes, createHash('sha512').update(String(index)).digest());
}

async function* tree(): AsyncGenerator<Entry, void> {
	for (const [index, sizeBytes] of sizes.entries()) {
		const content = async function* (): AsyncGenerator<Uint8Array, void> {
			const bytes = contentOf(index, sizeBytes);
			for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
		};
		yield { ...common, kind: 'file', path: `file-${index}`, sizeBytes, content };
	}
}

test('compressArchive() makes frames that zstd and GNU cpio read, of files smaller and larger than a part', async (t) => {
	const folder = scratchFolder(t);
	const path = join(folder, 'archive');
	await compressArchive(tree(), { path, flush: false }, openCompressors());
	const root = await unpackInitrd(t, path);
	t.is(readdirSync(root).length, sizes.length);
	for (const [index, sizeBytes] of sizes.entries()) {
		t.true(readFileSync(join(root, `file-${index}`)).equals(contentOf(index, sizeBytes)), String(index));
	}
});

test('compressArchive() gives the same bytes, whatever else is compressed at the same time', async (t) => {
	const folder = scratchFolder(t);
	const compressors = openCompressors();
	const paths = ['alone', 'first', 'second', 'third'].map((name) => join(folder, name));
	const [alone = '', ...together] = paths;
	await compressArchive(tree(), { path: alone, flush: true }, compressors);
	await Promise.all(together.map((path) => compressArchive(tree(), { path, flush: false }, compressors)));
	for (const path of together) t.true(readFileSync(path).equals(readFileSync(alone)), path);
});

test('compressArchive() rejects with the error of its entries and returns the buffers', async (t) => {
	const folder = scratchFolder(t);
	const compressors = openCompressors();
	const broken = async function* (): AsyncGenerator<Entry, void> {
		yield* tree();
		throw new Error('broken layer');
	};
	for (const attempt of [1, 2, 3, 4]) {
		const path = join(folder, String(attempt));
		await t.throwsAsync(compressArchive(broken(), { path, flush: false }, compressors), {
			message: 'broken layer',
		});
	}
	const path = join(folder, 'whole');
	await compressArchive(tree(), { path, flush: false }, compressors);
	t.true(statSync(path).size > 0);
});
