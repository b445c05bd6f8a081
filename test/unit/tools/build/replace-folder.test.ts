import {
	chmodSync,
	existsSync,
	mkdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { replaceFolder } from '../../../../tools/build/replace-folder.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

function makeFolder(path: string): string {
	mkdirSync(path);
	writeFileSync(join(path, 'libc.so.6'), 'c');
	writeFileSync(join(path, 'client'), 'program', { mode: 0o755 });
	symlinkSync('../../init', join(path, 'service'));
	return path;
}

test('replaceFolder() leaves a folder alone that holds the same: others may be reading it', async (t) => {
	const folder = scratchFolder();
	const place = makeFolder(join(folder, 'place'));
	const { ino } = statSync(place);
	const made = makeFolder(join(folder, 'made'));
	await replaceFolder(made, place);
	t.is(statSync(place).ino, ino);
	t.false(existsSync(made));
});

const replaces = test.macro({
	title: (name) => `replaceFolder() takes the new folder: ${name}`,
	async exec(t: ExecutionContext, change: (made: string) => void) {
		const folder = scratchFolder();
		const place = makeFolder(join(folder, 'place'));
		const made = makeFolder(join(folder, 'made'));
		change(made);
		const { ino } = statSync(made);
		await replaceFolder(made, place);
		t.is(statSync(place).ino, ino);
		t.false(existsSync(made));
	},
});

test('other contents', replaces, (made) => writeFileSync(join(made, 'client'), 'another'));
test('another mode', replaces, (made) => chmodSync(join(made, 'client'), 0o644));
test('one file more', replaces, (made) => writeFileSync(join(made, 'more'), ''));
test("the folder's own mode", replaces, (made) => chmodSync(made, 0o700));

test('replaceFolder() makes a folder that was not there, and the folders above it', async (t) => {
	const folder = scratchFolder();
	const place = join(folder, 'lib/slipway');
	await replaceFolder(makeFolder(join(folder, 'made')), place);
	t.is(readFileSync(join(place, 'libc.so.6'), 'utf8'), 'c');
});
