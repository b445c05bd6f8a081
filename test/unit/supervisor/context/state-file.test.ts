import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readStateFile, removeStateFile, writeStateFile } from '../../../../supervisor/context/state-file.ts';
import { openProgress } from '../../../../supervisor/one-shot/one-shot-progress.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const fresh = () => scratchFolder();

test('writeStateFile() creates its directory, replaces the file and leaves no other file', (t) => {
	const folder = join(fresh(), 'a', 'b');
	const path = join(folder, 'x.json');
	writeStateFile(path, { n: 1 });
	writeStateFile(path, { n: 2 });
	t.deepEqual(readStateFile(path), { n: 2 });
	t.deepEqual(readdirSync(folder), ['x.json']);
});

test('readStateFile() returns null for a missing file and for a damaged one', (t) => {
	const path = join(fresh(), 'x.json');
	t.is(readStateFile(path), null);
	writeFileSync(path, '{"half');
	t.is(readStateFile(path), null);
});

test('writeStateFile() returns false when it can not write the file, and does not throw', (t) => {
	t.false(writeStateFile('/proc/slipway/x.json', 1));
	t.true(writeStateFile(join(fresh(), 'x.json'), 1));
});

test('removeStateFile() may be called twice', (t) => {
	const path = join(fresh(), 'x.json');
	writeStateFile(path, 1);
	removeStateFile(path);
	t.notThrows(() => removeStateFile(path));
});

test('openProgress() restores what is done and what runs', (t) => {
	const path = join(fresh(), 'onboot.json');
	const first = openProgress(path);
	first.begin({ name: '000-a', pid: null, startedAtMs: 1 });
	first.begin({ name: '000-a', pid: 12, startedAtMs: 1 });
	first.end('000-a');
	first.begin({ name: '001-b', pid: 13, startedAtMs: 2 });

	const second = openProgress(path);
	t.true(second.isDone('000-a'));
	t.false(second.isDone('001-b'));
	t.deepEqual(second.running(), { name: '001-b', pid: 13, startedAtMs: 2 });
	second.end('001-b');
	t.is(openProgress(path).running(), null);
});

test('openProgress() starts empty when its file is damaged', (t) => {
	const path = join(fresh(), 'onboot.json');
	writeFileSync(path, '{"done": 3, "running": {"name": 1}}');
	const progress = openProgress(path);
	t.false(progress.isDone('000-a'));
	t.is(progress.running(), null);
});
