import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile, stagedFiles, writeThenName } from '../../../../tools/files/replace-file.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf } from '../../../helpers/tar.ts';

test('replaceFile() keeps the old file until the new one is complete', async (t) => {
	const folder = scratchFolder(t);
	const path = join(folder, 'file');
	writeFileSync(path, 'old');
	const temporary = new Set<string>();
	await replaceFile(path, temporary, async (file) => {
		t.deepEqual([...temporary], [file]);
		await writeFile(file, 'new');
		t.is(readFileSync(path, 'utf8'), 'old');
	});
	t.is(readFileSync(path, 'utf8'), 'new');
	t.deepEqual(readdirSync(folder), ['file']);
	t.is(temporary.size, 0);
});

test('replaceFile() leaves the old file and nothing else after a failure', async (t) => {
	const folder = scratchFolder(t);
	const path = join(folder, 'file');
	writeFileSync(path, 'old');
	const temporary = new Set<string>();
	const failing = replaceFile(path, temporary, async (file) => {
		await writeFile(file, 'half');
		throw new Error('no');
	});
	await t.throwsAsync(failing, { message: 'no' });
	t.is(readFileSync(path, 'utf8'), 'old');
	t.deepEqual(readdirSync(folder), ['file']);
	t.is(temporary.size, 0);
});

test('writeThenName() names a file by its contents', async (t) => {
	const folder = join(scratchFolder(t), 'new');
	const write = async (file: string): Promise<string> => {
		await writeFile(file, 'x');
		return 'by-contents';
	};
	t.is(await writeThenName(folder, new Set(), write, (name) => join(folder, name)), 'by-contents');
	t.deepEqual(readdirSync(folder), ['by-contents']);
});

test('stagedFiles() shows no file before commit(), and none after discard()', async (t) => {
	const folder = scratchFolder(t);
	const temporary = new Set<string>();
	const visible = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('.'));
	const files = stagedFiles(temporary);
	await files.write(join(folder, 'a'), bytesOf(Buffer.from('a')));
	await files.join(join(folder, 'b'), []);
	t.deepEqual(visible(), []);
	t.is(temporary.size, 2);
	await files.commit();
	t.deepEqual(visible(), ['a', 'b']);
	await files.write(join(folder, 'c'), bytesOf(Buffer.from('c')));
	await files.discard();
	t.deepEqual(readdirSync(folder).sort(), ['a', 'b']);
	t.is(temporary.size, 0);
});

test('stagedFiles() leaves no mixture of old and new files when a commit is cut', async (t) => {
	const folder = scratchFolder(t);
	const names = ['a', 'b', 'c', 'lock'];
	for (const name of names) writeFileSync(join(folder, name), 'old');
	const temporary = new Set<string>();
	const files = stagedFiles(temporary);
	for (const name of names) await files.write(join(folder, name), bytesOf(Buffer.from('new')));
	// As if the process had ended before the third rename.
	rmSync([...temporary][2] ?? '');
	await t.throwsAsync(files.commit([join(folder, 'lock')]), { code: 'ENOENT' });
	await files.discard();
	const there = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
	t.deepEqual(there, [
		['a', 'new'],
		['b', 'new'],
		['lock', 'old'],
	]);
});

test('stagedFiles() refuses a directory in the place of a file before anything is written, and removes none', async (t) => {
	const folder = scratchFolder(t);
	const [kernel, initrd] = [join(folder, 'x-kernel'), join(folder, 'x-initrd.img')];
	mkdirSync(initrd);
	const files = stagedFiles(new Set());
	await t.throwsAsync(files.write(initrd, bytesOf(Buffer.from('new'))), {
		code: 'NO_FILE',
		message: `${initrd} is a directory, and a file of this name is to be written. Move it away.`,
	});
	await files.write(kernel, bytesOf(Buffer.from('new')));
	files.remove(initrd);
	await files.commit();
	t.deepEqual(readdirSync(folder).sort(), ['x-initrd.img', 'x-kernel']);
});
