// Sizes and formats are asked of qemu-img, not of our own reader.

import {
	closeSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type ErrorCode, SlipwayError } from '../../../../tools/errors.ts';
import { prepareDisks } from '../../../../tools/machine/disk-images.ts';
import { parseDiskRequest } from '../../../../tools/machine/disk-option.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const prepare = (name: string, ...disks: readonly string[]) =>
	prepareDisks(disks.map(parseDiskRequest), name);

async function qemuInfo(path: string): Promise<unknown> {
	const info = JSON.parse((await runProgram('qemu-img', ['info', '--output=json', path])).stdout);
	return [info.format, info['virtual-size']];
}

test('prepareDisks() makes disks beside the system, sparse, in their order', async (t) => {
	const name = join(scratchFolder(t), 'os');
	const disks = prepare(name, 'size=1G', 'size=1G,format=qcow2', `file=${name}-other,size=3M`, 'size=2M');
	t.deepEqual(disks, [
		{ path: `${name}-disk.img`, format: 'raw' },
		{ path: `${name}-disk2.qcow2`, format: 'qcow2' },
		{ path: `${name}-other`, format: 'raw' },
		{ path: `${name}-disk3.img`, format: 'raw' },
	]);
	t.deepEqual(await qemuInfo(`${name}-disk.img`), ['raw', 2 ** 30]);
	t.deepEqual(await qemuInfo(`${name}-disk2.qcow2`), ['qcow2', 2 ** 30]);
	t.true(statSync(`${name}-disk.img`).blocks < 100);
	t.deepEqual(readdirSync(join(name, '..')).length, 4);
});

test('prepareDisks() uses a disk that is there as it is', (t) => {
	const name = join(scratchFolder(t), 'os');
	prepare(name, 'size=2M', 'size=2M,format=qcow2');
	writeFileSync(`${name}-disk.img`, 'precious', { flag: 'r+' });
	const before = readFileSync(`${name}-disk2.qcow2`);
	prepare(name, 'size=2M', 'size=1M,format=qcow2', `file=${name}-disk.img`, `${name}-disk2.qcow2`);
	t.is(readFileSync(`${name}-disk.img`).toString('utf8', 0, 8), 'precious');
	t.is(statSync(`${name}-disk.img`).size, 2 ** 21);
	t.deepEqual(readFileSync(`${name}-disk2.qcow2`), before);
});

test('prepareDisks() refuses a qcow2 disk that was cut', (t) => {
	const name = join(scratchFolder(t), 'os');
	prepare(name, 'size=2M,format=qcow2');
	const path = `${name}-disk.qcow2`;
	truncateSync(path, 65_536);
	t.throws(() => prepare(name, path), {
		message: /^The end of the disk .* is missing: it has 65536 bytes of at least /,
	});
});

const refuses = test.macro({
	exec(t, disk: string, code: ErrorCode, message: RegExp) {
		const folder = scratchFolder(t);
		const name = join(folder, 'os');
		prepare(name, 'size=2M', 'size=2M,format=qcow2', `file=${name}-ends.qcow2,size=1M,format=raw`);
		mkdirSync(join(folder, 'folder'));
		const before = readdirSync(folder);
		const error = t.throws(() => prepare(name, disk.replaceAll('DIR', folder)), { instanceOf: SlipwayError });
		t.is(error.code, code);
		t.regex(error.message, message);
		t.deepEqual(readdirSync(folder), before);
	},
	title: (name = '', disk) => `prepareDisks() refuses ${name}: ${disk}`,
});

test(
	'a larger size than the disk has',
	refuses,
	'size=3M',
	'BAD_INPUT',
	/has 2M, not 3M\..*qemu-img resize -f raw .* 3M/,
);
test(
	'a larger size than the qcow2 disk has',
	refuses,
	'file=DIR/os-disk2.qcow2,size=1G',
	'BAD_INPUT',
	/has 2M, not 1G/,
);
test(
	'a disk that is not there, without a size',
	refuses,
	'DIR/none.img',
	'NO_FILE',
	/There is no disk .*size=1G/,
);
test('a folder', refuses, 'DIR/folder', 'BAD_INPUT', /is no file/);
test(
	'qcow2 as raw',
	refuses,
	'DIR/os-disk2.qcow2,format=raw',
	'BAD_INPUT',
	/is a qcow2 image. Add format=qcow2/,
);
test('prepareDisks() does not ask to trust what a guest has written to its raw disk', (t) => {
	const name = join(scratchFolder(t), 'os');
	prepare(name, 'size=1M', 'size=1M,format=qcow2');
	const path = `${name}-disk.img`;
	// It names a file of the host as what lies below it.
	const disk = openSync(path, 'r+');
	writeSync(disk, readFileSync(`${name}-disk2.qcow2`).subarray(0, 512));
	closeSync(disk);
	const { message } = t.throws(() => prepare(name, 'size=1M'), { instanceOf: SlipwayError });
	t.regex(
		message,
		/begins as a qcow2 image does\. Add format=raw to its --disk if a guest has had it as a raw disk: that guest has written this/,
	);
	t.deepEqual(prepare(name, 'size=1M,format=raw'), [{ path, format: 'raw' }]);
});

test('raw as qcow2', refuses, 'DIR/os-ends.qcow2', 'BAD_INPUT', /is no qcow2 image. Add format=raw/);
test(
	'a folder that is not there',
	refuses,
	'DIR/no/a.img,size=1M',
	'TOOL_FAILED',
	/could not be made: ENOENT/,
);
test(
	'qcow2 in no folder',
	refuses,
	'DIR/no/a.qcow2,size=1M',
	'TOOL_FAILED',
	/could not be made: .*No such file/,
);

for (const [what, content] of Object.entries({
	'a short text': 'debian\n',
	'a text of whole sectors': 'a'.repeat(1024),
	'an empty file': '',
	'a part of a sector': '\0'.repeat(1000),
})) {
	test(`prepareDisks() gives the guest ${what} only when the command line says that it is a disk`, (t) => {
		const folder = scratchFolder(t);
		const file = join(folder, 'file');
		writeFileSync(file, content);
		t.throws(() => prepare(join(folder, 'os'), file), {
			code: 'BAD_INPUT',
			message: `${file} does not look like a disk, and a guest could write to it. Add format=raw to its --disk if it is one.`,
		});
		t.deepEqual(prepare(join(folder, 'os'), `${file},format=raw`), [{ path: file, format: 'raw' }]);
	});
}

test('prepareDisks() says which program qcow2 needs', (t) => {
	const path = process.env['PATH'];
	// Nothing else runs before it is put back: all of this is synchronous.
	process.env['PATH'] = '/nonexistent';
	try {
		const error = t.throws(() => prepare(join(scratchFolder(t), 'os'), 'size=1M,format=qcow2'));
		t.regex(
			error.message,
			/qemu-img could not be started. Install it \(Debian: qemu-utils\) or take format=raw/,
		);
	} finally {
		process.env['PATH'] = path;
	}
});
