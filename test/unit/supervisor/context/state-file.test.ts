import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readStateFile, removeStateFile, writeStateFile } from '../../../../supervisor/context/state-file.ts';
import { openProgress } from '../../../../supervisor/one-shot/one-shot-progress.ts';
import { readServiceRecord, writeServiceRecord } from '../../../../supervisor/service/service-record.ts';
import { INITIAL_STATE } from '../../../../supervisor/service/service-state.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const fresh = () => scratchFolder();

test('writeStateFile() makes its folder, replaces, and leaves nothing beside it', (t) => {
	const folder = join(fresh(), 'a', 'b');
	const path = join(folder, 'x.json');
	writeStateFile(path, { n: 1 });
	writeStateFile(path, { n: 2 });
	t.deepEqual(readStateFile(path), { n: 2 });
	t.deepEqual(readdirSync(folder), ['x.json']);
});

test('readStateFile() is null for no file and for a damaged one', (t) => {
	const path = join(fresh(), 'x.json');
	t.is(readStateFile(path), null);
	writeFileSync(path, '{"half');
	t.is(readStateFile(path), null);
});

test('writeStateFile() is false where there can be no file, and throws nothing', (t) => {
	t.false(writeStateFile('/proc/slipway/x.json', 1));
	t.true(writeStateFile(join(fresh(), 'x.json'), 1));
});

test('removeStateFile() may be called twice', (t) => {
	const path = join(fresh(), 'x.json');
	writeStateFile(path, 1);
	removeStateFile(path);
	t.notThrows(() => removeStateFile(path));
});

test('openProgress() remembers what is done and what runs', (t) => {
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

test('openProgress() starts from nothing when its file is damaged', (t) => {
	const path = join(fresh(), 'onboot.json');
	writeFileSync(path, '{"done": 3, "running": {"name": 1}}');
	const progress = openProgress(path);
	t.false(progress.isDone('000-a'));
	t.is(progress.running(), null);
});

test('readServiceRecord() gives back what was written', (t) => {
	const path = join(fresh(), 'redis.json');
	const record = {
		state: { ...INITIAL_STATE, phase: 'running', pid: 4, startedAtMs: 5, restarts: 6, failures: 1 },
		process: { pid: 4, startTicks: '123' },
		sinceMs: 7,
		prepared: true,
		end: { reason: 'exited with status 9', succeeded: false },
	} as const;
	writeServiceRecord(path, record);
	t.deepEqual(readServiceRecord(path), { found: true, record });
});

test('readServiceRecord() takes an unknown phase for no record', (t) => {
	const path = join(fresh(), 'redis.json');
	t.false(readServiceRecord(path).found);
	writeFileSync(path, '{"state": {"phase": "dancing"}}');
	t.false(readServiceRecord(path).found);
});
