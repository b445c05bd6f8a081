import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { LogFile } from '../../../../init/reporting/log-file.ts';
import { followLines } from '../../../../supervisor/logs/line-follower.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const isShown = (line: string): boolean => line !== 'hidden';

function setUp(lines = Number.POSITIVE_INFINITY) {
	const path = join(scratchFolder(), 'init.log');
	const abort = new AbortController();
	return { path, abort, follow: () => followLines(path, { lines, isShown }, abort.signal) };
}

async function next(lines: AsyncGenerator<string>, count: number): Promise<string[]> {
	const texts: string[] = [];
	while (texts.length < count) {
		const { value, done } = await lines.next();
		if (done === true) break;
		texts.push(value);
	}
	return texts;
}

test('followLines() begins with the last lines that are shown and continues with new ones', async (t) => {
	const { path, abort, follow } = setUp(2);
	writeFileSync(`${path}.1`, 'one\ntwo\nhidden\n');
	writeFileSync(path, 'three\nhidden\nhalf');
	const lines = follow();
	t.deepEqual(await next(lines, 2), ['two', 'three']);
	const waiting = next(lines, 2);
	appendFileSync(path, ' a line\nhidden\nlast\n');
	t.deepEqual(await waiting, ['half a line', 'last']);
	abort.abort();
	t.deepEqual(await next(lines, 1), []);
});

test('followLines() without past lines yields what comes', async (t) => {
	const { path, abort, follow } = setUp(0);
	writeFileSync(path, 'one\ntwo\n');
	const waiting = next(follow(), 1);
	appendFileSync(path, 'three\n');
	t.deepEqual(await waiting, ['three']);
	abort.abort();
});

test("followLines() yields each line once over the rotations of PID 1's log", async (t) => {
	const { path, abort, follow } = setUp();
	const log = new LogFile(path, 500);
	const numbers = Array.from({ length: 200 }, (_, number) => `line ${number}`);
	log.write('first\n');
	const lines = follow();
	t.deepEqual(await next(lines, 1), ['first']);
	for (const number of numbers) {
		const waiting = next(lines, 1);
		log.write(`${number}\n`);
		t.deepEqual(await waiting, [number]);
	}
	abort.abort();
});

test('followLines() waits for a log that does not exist yet', async (t) => {
	const { path, abort, follow } = setUp();
	const waiting = next(follow(), 1);
	writeFileSync(`${path}.new`, 'one\n');
	renameSync(`${path}.new`, path);
	t.deepEqual(await waiting, ['one']);
	abort.abort();
});

test('followLines() yields a line without an end in pieces', async (t) => {
	const { path, abort, follow } = setUp();
	writeFileSync(path, 'x'.repeat(200_000));
	t.deepEqual(
		(await next(follow(), 3)).map((piece) => piece.length),
		[65_536, 65_536, 65_536],
	);
	abort.abort();
});
