import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { receiveImage } from '../../../../supervisor/cli/replace-command.ts';
import { replacementPaths } from '../../../../supervisor/contract/layout.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const enough = {
	memory: () => 'MemTotal: 1 kB\nMemAvailable:   40000 kB\n',
	free: () => 2 ** 21,
};
/** Above the largest process id of Linux. */
const gone = 2 ** 22 + 1;

test('receiveImage() writes the image, and removes those of processes that have ended', async (t) => {
	const state = scratchFolder(t);
	const { folder, file } = replacementPaths({ state }, 7);
	mkdirSync(folder);
	writeFileSync(join(folder, `${gone}.squashfs`), 'left');
	writeFileSync(file, 'left by an earlier process of the same number');
	writeFileSync(join(folder, `${process.pid}.squashfs`), 'in use');
	await receiveImage(Readable.from([Buffer.from('an '), Buffer.from('image')]), 8, 7, { state }, enough);
	t.is(readFileSync(file, 'utf8'), 'an image');
	t.deepEqual(readdirSync(folder).sort(), ['7.squashfs', `${process.pid}.squashfs`].sort());
});

test('receiveImage() refuses an image for which the memory is too small, before it reads', async (t) => {
	const state = scratchFolder(t);
	const input = Readable.from([Buffer.from('an image')]);
	const error = await t.throwsAsync(receiveImage(input, 100 * 2 ** 20, 7, { state }, enough));
	t.is(error?.message, 'the changed services need 132 MiB of memory beside what runs, and 39 MiB are left');
	t.deepEqual(readdirSync(state), []);
});

test('receiveImage() refuses an image that would fill /run, where PID 1 keeps its state', async (t) => {
	const state = scratchFolder(t);
	const { folder } = replacementPaths({ state }, 7);
	const input = Readable.from([Buffer.from('an image')]);
	const full = { ...enough, free: () => 2 ** 20 };
	const error = await t.throwsAsync(receiveImage(input, 8, 7, { state }, full));
	t.is(error?.message, `the changed services need 2 MiB of memory in ${folder}, and 1 MiB are left`);
	t.deepEqual(readdirSync(folder), []);
});

for (const [what, bytes] of [
	['longer than', 3],
	['shorter than', 9],
] as const)
	test(`receiveImage() leaves nothing of an image that is ${what} it says`, async (t) => {
		const state = scratchFolder(t);
		const input = Readable.from([Buffer.from('an image')]);
		await t.throwsAsync(receiveImage(input, bytes, 7, { state }, enough), { message: /not [39]\.$/ });
		t.false(existsSync(replacementPaths({ state }, 7).file));
	});
