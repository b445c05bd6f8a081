import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('joinFiles() writes files one after the other, larger ones than its buffer too', async (t) => {
	const folder = scratchFolder(t);
	const contents = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(2_500_001, 'xyz'), Buffer.from('end')];
	const paths = contents.map((content, index) => {
		const path = join(folder, `part-${index}`);
		writeFileSync(path, content);
		return path;
	});
	await joinFiles(paths, join(folder, 'whole'));
	t.true(readFileSync(join(folder, 'whole')).equals(Buffer.concat(contents)));
});

test('joinFiles() writes over no file that is there', async (t) => {
	const target = join(scratchFolder(t), 'whole');
	writeFileSync(target, 'mine');
	await t.throwsAsync(joinFiles([], target), { code: 'EEXIST' });
	t.is(readFileSync(target, 'utf8'), 'mine');
});
