import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { followLog } from '../../../../supervisor/logs/log-follower.ts';
import { maxRecordBytes, recordHeader } from '../../../../supervisor/logs/log-line.ts';
import type { LogQuery } from '../../../../supervisor/logs/log-reader.ts';
import { LogRing } from '../../../../supervisor/logs/log-ring.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const emptyBuffer = Buffer.alloc(0);

function setUp(t: ExecutionContext, query: LogQuery = {}) {
	const path = join(scratchFolder(), 'log/redis.log');
	mkdirSync(dirname(path));
	const limits = { maxBytes: 2 * maxRecordBytes, maxFiles: 4 };
	const ring = new LogRing(path, limits, {
		onTrouble: (error) => t.fail(String(error)),
		onRecovered: () => t.fail(),
	});
	const abort = new AbortController();
	const follow = () => followLog(path, query, abort.signal);
	const write = (from: number, to: number) => {
		for (let line = from; line < to; line++) ring.append(record(`line ${line}`), emptyBuffer);
	};
	return { path, ring, abort, follow, write };
}

const record = (text: string) => Buffer.concat([recordHeader(0, 'stdout', 'full'), Buffer.from(`${text}\n`)]);

async function next(records: ReturnType<typeof followLog>, count: number): Promise<string[]> {
	const texts: string[] = [];
	while (texts.length < count) {
		const { value, done } = await records.next();
		if (done === true) break;
		texts.push(value.text.toString());
	}
	return texts;
}

const numbered = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

test('followLog() begins with the last lines and continues with new ones', async (t) => {
	const { abort, follow, write } = setUp(t, { lines: 2 });
	write(0, 10);
	const records = follow();
	t.deepEqual(await next(records, 2), ['line 8', 'line 9']);
	const waiting = next(records, 2);
	write(10, 12);
	t.deepEqual(await waiting, ['line 10', 'line 11']);
	abort.abort();
	t.deepEqual(await next(records, 1), []);
});

test('followLog() yields each line once across rotations', async (t) => {
	const { abort, follow, write } = setUp(t);
	write(0, 10);
	const records = follow();
	const all = await next(records, 10);
	// A few rotations between two reads, not more than the log keeps.
	for (let from = 10; from < 5000; from += 499) {
		const end = Math.min(5000, from + 499);
		write(from, end);
		all.push(...(await next(records, end - from)));
	}
	t.deepEqual(all, numbered(0, 5000));
	abort.abort();
	t.deepEqual(await next(records, 1), []);
});

test('followLog() continues with the lines that are left when the log is written faster than it is read', async (t) => {
	const { abort, follow, write } = setUp(t);
	write(0, 1);
	const records = follow();
	t.deepEqual(await next(records, 1), ['line 0']);
	write(1, 5000);
	// It reads its open file to the end, then the files that still exist.
	const texts = await next(records, 600);
	t.is(texts[0], 'line 1');
	t.deepEqual(
		texts,
		[...texts].toSorted((one, other) => Number(one.slice(5)) - Number(other.slice(5))),
	);
	t.is(new Set(texts).size, 600);
	abort.abort();
});

test('followLog() yields a line once it has its end', async (t) => {
	const { ring, abort, follow, write } = setUp(t);
	write(0, 1);
	const records = follow();
	t.deepEqual(await next(records, 1), ['line 0']);
	const waiting = next(records, 1);
	const begun = Buffer.concat([recordHeader(0, 'stdout', 'partial'), Buffer.from('be')]);
	ring.append(emptyBuffer, begun);
	ring.append(record('begun'), emptyBuffer);
	t.deepEqual(await waiting, ['begun']);
	abort.abort();
});

test('followLog() waits for a log that does not exist yet', async (t) => {
	const { abort, follow, write } = setUp(t);
	const waiting = next(follow(), 1);
	write(0, 1);
	t.deepEqual(await waiting, ['line 0']);
	abort.abort();
});

test('followLog() continues after the log was emptied', async (t) => {
	const { path, abort, follow, write } = setUp(t);
	write(0, 3);
	const records = follow();
	t.deepEqual(await next(records, 3), numbered(0, 3));
	const waiting = next(records, 1);
	writeFileSync(path, record('again'));
	t.deepEqual(await waiting, ['again']);
	abort.abort();
});

test('followLog() polls twice a second when the kernel sends no notifications', async (t) => {
	const { path, abort, follow, write } = setUp(t);
	rmSync(dirname(path), { recursive: true });
	const waiting = next(follow(), 1);
	write(0, 1);
	t.deepEqual(await waiting, ['line 0']);
	abort.abort();
});
