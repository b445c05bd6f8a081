import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SlipwayError } from '../../../../tools/errors.ts';
import { servedFiles } from '../../../../tools/serve/served-files.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { servePlace } from './place.ts';

test('servedFiles() opens regular files below its directories and nothing else', async (t) => {
	const { folder, settings } = await servePlace(t, { 'web-kernel': 'K', 'a/b': 'B', '.env': 'secret' });
	writeFileSync(join(folder, '../secret'), 'outside');
	mkdirSync(join(folder, '../served-too'));
	writeFileSync(join(folder, '../served-too/file'), 'outside');
	symlinkSync('../secret', join(folder, 'link-out'));
	symlinkSync('/etc', join(folder, 'etc'));
	symlinkSync('../served-too', join(folder, 'sibling'));
	symlinkSync('a/b', join(folder, 'link-in'));
	symlinkSync('loop', join(folder, 'loop'));
	execFileSync('mkfifo', [join(folder, 'fifo')]);
	const found = async (path: string): Promise<boolean> => {
		const file = await settings.files.open(path);
		await file?.handle.close();
		return file !== null;
	};
	for (const path of ['web-kernel', '/web-kernel', '//a//b', 'link-in']) t.true(await found(path), path);
	const refused = [
		...['../secret', 'a/../../secret', '..', '.', '', '/', 'a', '.env', './web-kernel', 'link-out'],
		...['etc/passwd', 'sibling/file', 'loop', 'fifo', 'web-kernel/', 'no', 'a\0b', `${'a/'.repeat(2000)}b`],
	];
	for (const path of refused.filter((each) => each !== 'web-kernel/')) t.false(await found(path), path);
	t.false((await settings.files.list()).includes('.env'));
});

test('servedFiles() takes the first of several directories, and boot programs behind them', async (t) => {
	const [first, second] = [scratchFolder(t), scratchFolder(t)];
	writeFileSync(join(first, 'a'), 'first');
	for (const name of ['a', 'b']) writeFileSync(join(second, name), 'second');
	writeFileSync(join(second, 'program'), 'ipxe');
	const files = await servedFiles([first, second], { 'ipxe.efi': join(second, 'program'), no: '/no' });
	const text = async (path: string): Promise<string | null> => {
		const file = await files.open(path);
		if (file === null) return null;
		const content = await file.handle.readFile('utf8');
		await file.handle.close();
		return content;
	};
	t.deepEqual(
		[await text('a'), await text('b'), await text('ipxe.efi'), await text('no'), await text('constructor')],
		['first', 'second', 'ipxe', null, null],
	);
});

test('servedFiles() names a directory that is not there, or is none', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'file'), '');
	for (const name of ['missing', 'file']) {
		const error = await t.throwsAsync(servedFiles([join(folder, name)]), { instanceOf: SlipwayError });
		t.true(error.message.startsWith(join(folder, name)));
	}
});
