// A service's log on a disk that is full, or becomes read-only: a small tmpfs.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Native } from '../../native/native.ts';
import { openNative } from '../../native/open.ts';
import { maxRecordBytes, recordHeader } from '../../supervisor/logs/log-line.ts';
import { readLog } from '../../supervisor/logs/log-reader.ts';
import { LogRing } from '../../supervisor/logs/log-ring.ts';
import { buildAddon } from '../../tools/build/build-addon.ts';
import { scratchFolder } from '../helpers/scratch-folder.ts';

const nothing = Buffer.alloc(0);

async function setUp(t: ExecutionContext, sizeBytes: number) {
	const addon = join(scratchFolder(), 'native.node');
	await buildAddon(addon);
	const native: Native = openNative(addon);
	const { MS_RDONLY = 0, MS_REMOUNT = 0, MNT_DETACH = 0 } = native.constants;
	const disk = scratchFolder();
	native.mount('tmpfs', disk, 'tmpfs', 0, `size=${sizeBytes}`);
	t.teardown(() => native.umount2(disk, MNT_DETACH));
	const remount = (flags: number) => native.mount('tmpfs', disk, 'tmpfs', MS_REMOUNT | flags, null);
	const said: string[] = [];
	const path = join(disk, 'redis.log');
	const limits = { maxBytes: 4 * maxRecordBytes, maxFiles: 3 };
	const ring = new LogRing(path, limits, {
		onTrouble: (error) => said.push(String(error)),
		onRecovered: (lost) => said.push(`${lost} lost`),
	});
	t.teardown(() => ring.close());
	return { ring, path, disk, said, readOnly: () => remount(MS_RDONLY), writable: () => remount(0) };
}

const record = (text: string) => Buffer.concat([recordHeader(0, 'stdout', 'full'), Buffer.from(`${text}\n`)]);
const texts = (path: string) => [...readLog(path)].map(({ text }) => text.toString());
const numbered = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

test.serial(
	'LogRing on a full disk loses lines and counts them, tears none, and goes on when there is room',
	async (t) => {
		const { ring, path, disk, said } = await setUp(t, 64 * 1024);
		const other = join(disk, 'other');
		ring.append(record('first'), nothing);
		t.throws(() => writeFileSync(other, Buffer.alloc(1_000_000)), { code: 'ENOSPC' });
		for (const line of numbered(0, 1000)) ring.append(record(line), nothing);
		const kept = texts(path).length - 1;
		t.deepEqual(texts(path), ['first', ...numbered(0, kept)]);
		t.is(ring.lostLines, 1000 - kept);
		t.true(kept < 100);
		t.is(said.length, 1);
		t.regex(said[0] ?? '', /ENOSPC/);
		t.true(readFileSync(path, 'utf8').endsWith('\n'));
		rmSync(other);
		ring.append(record('last'), nothing);
		t.deepEqual(texts(path), ['first', ...numbered(0, kept), 'last']);
		t.deepEqual(said.slice(1), [`${1000 - kept} lost`]);
	},
);

test.serial('LogRing on a disk that is full of its own files keeps going round', async (t) => {
	const { ring, path, said } = await setUp(t, 128 * 1024);
	for (const line of numbered(0, 10_000)) ring.append(record(line), nothing);
	const kept = texts(path).map((text) => Number(text.slice('line '.length)));
	t.true(kept.length > 500);
	t.true(kept.every((line, index) => line === 10_000 - kept.length + index));
	t.deepEqual(said, [], 'its oldest lines made room');
});

test.serial(
	'LogRing on a disk that becomes read-only loses lines, and goes on when it is writable',
	async (t) => {
		const { ring, path, said, readOnly, writable } = await setUp(t, 1_000_000);
		ring.append(record('first'), nothing);
		ring.close();
		readOnly();
		for (const line of numbered(0, 10)) ring.append(record(line), nothing);
		t.is(ring.lostLines, 10);
		t.is(said.length, 1);
		writable();
		ring.append(record('last'), nothing);
		t.deepEqual(texts(path), ['first', 'last']);
		t.is(said[1], '10 lost');
	},
);
