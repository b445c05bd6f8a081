import { statSync, utimesSync } from 'node:fs';
import test from 'ava';
import { openSegmentCache } from '../../../../tools/output/segment-cache.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf } from '../../../helpers/tar.ts';

const longAgo = new Date(0);

test('openSegmentCache() notes the use of a file and of a segment, by which a prune goes', async (t) => {
	const cache = openSegmentCache(scratchFolder(t), new Set());
	const file = () => cache.file('key', 'kernel', () => bytesOf(Buffer.from('kernel')));
	const pack = () => cache.pack({ key: 'key', name: 'a', sizeHintBytes: 0, entries: async function* () {} });
	const { path } = await pack();
	const { path: filePath } = await file();
	const notesOf = (each: string): string => each.replace(/\.(cpio\.zst|file)$/, '.json');
	const paths = [filePath, path, notesOf(filePath), notesOf(path)];
	for (const each of paths) utimesSync(each, longAgo, longAgo);
	await file();
	t.true((await pack()).cached);
	for (const each of paths) t.true(statSync(each).mtimeMs > 0, each);
});
