import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fileMarks, waitForChange } from '../../../../tools/files/watched-files.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const changes: Readonly<Record<string, (folder: string) => void>> = {
	'a new content': (folder) => writeFileSync(join(folder, 'a'), 'longer'),
	'a file in a directory': (folder) => writeFileSync(join(folder, 'recipe', 'new'), ''),
	'a replaced file': (folder) => {
		writeFileSync(join(folder, 'tmp'), '1');
		renameSync(join(folder, 'tmp'), join(folder, 'a'));
	},
	'a removed file': (folder) => rmSync(join(folder, 'a')),
};

for (const [title, change] of Object.entries(changes)) {
	test(`waitForChange() notices ${title}`, async (t) => {
		const folder = scratchFolder();
		writeFileSync(join(folder, 'a'), '1');
		mkdirSync(join(folder, 'recipe'));
		const paths = [join(folder, 'a'), join(folder, 'recipe'), join(folder, 'absent')];
		const marks = fileMarks(paths);
		change(folder);
		const path = title.includes('directory') ? join(folder, 'recipe') : join(folder, 'a');
		t.deepEqual(await waitForChange(marks), [path]);
	});
}

test('fileMarks() of files that stay the same are the same', (t) => {
	const file = join(scratchFolder(), 'a');
	writeFileSync(file, '1');
	t.deepEqual(fileMarks([file]), fileMarks([file]));
});
