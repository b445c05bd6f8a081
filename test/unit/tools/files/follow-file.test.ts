import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { followFile } from '../../../../tools/files/follow-file.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const soon = { timeoutMs: 20_000, pauseMs: 10 };

test('followFile() reads what is there, what is appended, and the last bytes before it finishes', async (t) => {
	const path = join(scratchFolder(), 'log');
	writeFileSync(path, 'skipped first ');
	let text = '';
	const followed = followFile(path, (bytes) => (text += bytes.toString()), 'skipped '.length);
	await eventually(() => text === 'first ', soon);
	appendFileSync(path, 'second ');
	await eventually(() => text === 'first second ', soon);
	appendFileSync(path, 'third');
	followed.finish();
	t.is(text, 'first second third');
	followed.finish();
});

test('followFile() reads a file larger than its buffer whole', (t) => {
	const path = join(scratchFolder(), 'log');
	const content = Buffer.alloc(200_001, 'abc');
	writeFileSync(path, content);
	const chunks: Buffer[] = [];
	followFile(path, (bytes) => void chunks.push(bytes)).finish();
	t.true(Buffer.concat(chunks).equals(content));
});

test('followFile() starts again after the file was cut', async (t) => {
	const path = join(scratchFolder(), 'log');
	writeFileSync(path, 'a long text');
	let text = '';
	const followed = followFile(path, (bytes) => (text += bytes.toString()));
	t.teardown(() => followed.stop());
	await eventually(() => text === 'a long text', soon);
	truncateSync(path);
	appendFileSync(path, '|new');
	t.true(await eventually(() => text === 'a long text|new', soon));
});
