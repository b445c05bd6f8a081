import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile } from '../../../../native/linux/replace-file.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('replaceFile() makes the folder, replaces what is there and leaves no temporary file', (t) => {
	const folder = join(scratchFolder(t), 'a/b');
	const path = join(folder, 'state');
	replaceFile(path, 'old', 0o600);
	replaceFile(path, 'new', 0o600);
	t.is(readFileSync(path, 'utf8'), 'new');
	t.is(statSync(path).mode & 0o777, 0o600);
	t.deepEqual(readdirSync(folder), ['state']);
});
