import {
	closeSync,
	lstatSync,
	lutimesSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { failureOf } from './failure-of.ts';

const native = await openAddon();
const folder = mkdtempSync(join(tmpdir(), 'slipway-files-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);
const file = (name: string, contents = ''): string => {
	writeFileSync(place(name), contents);
	return place(name);
};

test('fallocate() gives a file its blocks, and reports what has none', (t) => {
	const fd = openSync(place('allocated'), 'w');
	native.fallocate(fd, 100_000);
	t.is(statSync(place('allocated')).size, 100_000);
	t.true(statSync(place('allocated')).blocks * 512 >= 100_000);
	closeSync(fd);
	const device = openSync('/dev/null', 'w');
	t.is(
		failureOf(() => native.fallocate(device, 4096)),
		'fallocate: ENODEV',
	);
	closeSync(device);
});

test('mkfifo() makes a named pipe', (t) => {
	native.mkfifo(place('fifo'), 0o600);
	t.true(statSync(place('fifo')).isFIFO());
	t.is(
		failureOf(() => native.mkfifo('/nowhere/fifo', 0o600)),
		'mkfifo /nowhere/fifo: ENOENT',
	);
});

test('extended attributes: failures name the call and the file', (t) => {
	const path = file('without');
	t.is(
		failureOf(() => native.lgetxattr(path, 'trusted.none')),
		`lgetxattr ${path}: ENODATA`,
	);
	t.is(
		failureOf(() => native.lsetxattr(path, 'no-namespace', new Uint8Array())),
		`lsetxattr ${path}: EOPNOTSUPP`,
	);
	t.is(
		failureOf(() => native.llistxattr('/nowhere')),
		'llistxattr /nowhere: ENOENT',
	);
});

test('copyTimes() copies nanoseconds, of links too', (t) => {
	const from = file('times-from');
	symlinkSync('/nowhere', place('times-link'));
	lutimesSync(place('times-link'), 1_000_000_000.25, 1_234_567_890.5);
	native.copyTimes(from, file('times-to'));
	const times = (path: string): bigint[] => {
		const { atimeNs, mtimeNs } = lstatSync(path, { bigint: true });
		return [atimeNs, mtimeNs];
	};
	t.deepEqual(times(place('times-to')), times(from));
	native.copyTimes(place('times-link'), place('times-to'));
	t.deepEqual(times(place('times-to')), [1_000_000_000_250_000_000n, 1_234_567_890_500_000_000n]);
	native.copyTimes(from, place('times-link'));
	t.deepEqual(times(place('times-link')), times(from));
	t.is(
		failureOf(() => native.copyTimes(from, '/nowhere')),
		`utimensat ${from} -> /nowhere: ENOENT`,
	);
});

test('sendfile() moves bytes from file to file until the end', (t) => {
	const from = openSync(file('send-from', 'abcdef'), 'r');
	const to = openSync(file('send-to'), 'w');
	t.deepEqual(
		[4, 4, 4].map((lengthBytes) => native.sendfile(to, from, lengthBytes)),
		[4, 2, 0],
	);
	t.is(readFileSync(place('send-to'), 'utf8'), 'abcdef');
	closeSync(from);
	t.is(
		failureOf(() => native.sendfile(to, from, 1)),
		'sendfile: EBADF',
	);
	closeSync(to);
});
