import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { lastLines, readTail } from '../../../../supervisor/logs/log-tail.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('lastLines() returns the last lines of a long log that are not blank, and none of a missing one', (t) => {
	const path = join(scratchFolder(t), 'x.log');
	t.deepEqual(lastLines(path, 3), []);
	writeFileSync(path, Array.from({ length: 5000 }, (_, line) => `line ${line}\n \n`).join(''));
	t.deepEqual(lastLines(path, 3), ['line 4997', 'line 4998', 'line 4999']);
	t.deepEqual(lastLines(path, 0), []);
	t.is(lastLines(path, Number.POSITIVE_INFINITY, 1_000_000).length, 5000);
	t.deepEqual(lastLines('/proc/self', 3), []);
});

test('readTail() returns the bytes and their offset', (t) => {
	const path = join(scratchFolder(t), 'x.log');
	writeFileSync(path, 'abcdef');
	const fd = openSync(path, 'r');
	t.deepEqual(readTail(fd, 2), { bytes: Buffer.from('ef'), offset: 4 });
	t.deepEqual(readTail(fd, 100), { bytes: Buffer.from('abcdef'), offset: 0 });
	t.deepEqual(readTail(fd, 2, 4), { bytes: Buffer.from('cd'), offset: 2 });
	t.deepEqual(lastLines(fd, 1), ['abcdef']);
	closeSync(fd);
});
