import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { namesIn } from '../../../../native/linux/names-in.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('namesIn() has files and folders, and nothing of what is no folder', (t) => {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'a'));
	writeFileSync(join(folder, 'b'), '');
	t.deepEqual(namesIn(folder).sort(), ['a', 'b']);
	t.deepEqual(namesIn(join(folder, 'b')), []);
	t.deepEqual(namesIn(join(folder, 'missing')), []);
});
