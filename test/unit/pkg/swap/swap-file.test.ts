import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeSwapFile } from '../../../../pkg/swap/swap-file.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const native = await openAddon();
const megabyte = 1024 * 1024;

function refuse(code: string) {
	return createFakeNative({
		fallocate: () => {
			throw Object.assign(new Error(`${code}: no`), { code });
		},
	}).native;
}

test('makeSwapFile() makes a file without holes, for root only, that file(1)’s authors and blkid call swap', async (t) => {
	const path = join(scratchFolder(t), 'swap');
	makeSwapFile(native, path, megabyte);
	const { size, blocks, mode } = statSync(path);
	t.deepEqual([size, mode & 0o777], [megabyte, 0o600]);
	t.true(blocks * 512 >= megabyte);
	t.regex((await runProgram('blkid', ['-p', path])).stdout, /TYPE="swap"/);
});

test('makeSwapFile() writes zeros where a file system can’t give blocks', (t) => {
	const path = join(scratchFolder(t), 'swap');
	makeSwapFile(refuse('EOPNOTSUPP'), path, megabyte + 4096);
	t.true(statSync(path).blocks * 512 >= megabyte);
	t.is(statSync(path).size, megabyte + 4096);
});

test('makeSwapFile() leaves nothing when the disk is full', (t) => {
	const path = join(scratchFolder(t), 'swap');
	t.throws(() => makeSwapFile(refuse('ENOSPC'), path, megabyte), {
		name: 'AppletError',
		message: /swap can't be made: Error: ENOSPC/,
	});
	t.false(existsSync(path));
});

test('makeSwapFile() takes its own file again, also for another size', (t) => {
	const path = join(scratchFolder(t), 'swap');
	for (const size of [megabyte, megabyte, 2 * megabyte, megabyte]) {
		makeSwapFile(native, path, size);
		t.is(statSync(path).size, size);
	}
});

test('makeSwapFile() takes a blank file, left by a power cut', (t) => {
	const path = join(scratchFolder(t), 'swap');
	writeFileSync(path, Buffer.alloc(100_000));
	makeSwapFile(native, path, megabyte);
	t.is(statSync(path).size, megabyte);
});

test('makeSwapFile() refuses a file of somebody’s, a folder, a link, a folder that is not there, and too little', (t) => {
	const folder = scratchFolder(t);
	const path = join(folder, 'diary');
	writeFileSync(path, 'Dear diary');
	t.throws(() => makeSwapFile(native, path, megabyte), { message: /diary holds something that is no swap/ });
	t.is(readFileSync(path, 'utf8'), 'Dear diary');
	mkdirSync(join(folder, 'folder'));
	t.throws(() => makeSwapFile(native, join(folder, 'folder'), megabyte), {
		message: /can't be made: Error: EISDIR/,
	});
	symlinkSync('diary', join(folder, 'link'));
	t.throws(() => makeSwapFile(native, join(folder, 'link'), megabyte), { message: /ELOOP/ });
	t.throws(() => makeSwapFile(native, '/dev/null', megabyte), { message: '/dev/null is no file' });
	t.throws(() => makeSwapFile(native, '/nowhere/swap', megabyte), { message: /ENOENT/ });
	t.throws(() => makeSwapFile(native, path, 4096), { message: /4096 bytes are too few/ });
});
