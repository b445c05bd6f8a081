import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bytesContent, contentOf, layOut } from '../../../../tools/files/content.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('layOut() places contents in a file of a given size, with zeros around them', async (t) => {
	const folder = scratchFolder(t);
	const path = join(folder, 'part');
	writeFileSync(path, 'file');
	const placed = [
		{ startBytes: 8, content: await contentOf([path, Buffer.from('!')]) },
		{ startBytes: 2, content: bytesContent(Buffer.from('ab')) },
	];
	const target = join(folder, 'whole');
	await joinFiles(layOut(placed, 16).sources, target);
	t.is(readFileSync(target, 'latin1'), '\0\0ab\0\0\0\0file!\0\0\0');
});

test('layOut() leaves holes that take no space', async (t) => {
	const target = join(scratchFolder(t), 'whole');
	await joinFiles(
		layOut([{ startBytes: 5_000_000, content: bytesContent(Buffer.from('x')) }], 9_000_000).sources,
		target,
	);
	const { size, blocks } = statSync(target);
	t.is(size, 9_000_000);
	t.true(blocks * 512 < 1_000_000);
});

test('layOut() refuses contents that overlap, or that end behind the file', (t) => {
	const at = (startBytes: number) => ({ startBytes, content: bytesContent(Buffer.alloc(4)) });
	t.throws(() => layOut([at(0), at(3)], 10), { instanceOf: RangeError, message: /overlaps/ });
	t.throws(() => layOut([at(8)], 10), { instanceOf: RangeError, message: /overlaps/ });
});

test('contentOf() counts the range of a checked file, bytes and holes', async (t) => {
	const path = join(scratchFolder(t), 'part');
	writeFileSync(path, 'abcdef');
	const remake = () => Promise.reject(new Error('not asked'));
	const checked = { path, sha256: '', ranges: [{ start: 2, end: 5 }], remake };
	t.is((await contentOf([checked, path, Buffer.alloc(7), { holeBytes: 11 }])).sizeBytes, 3 + 6 + 7 + 11);
});
