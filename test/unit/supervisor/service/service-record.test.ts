import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openRecordStore, type ServiceRecord } from '../../../../supervisor/service/service-record.ts';
import { initialState } from '../../../../supervisor/service/service-state.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const record: ServiceRecord = {
	state: { ...initialState, phase: 'running', pid: 4, startedAtMs: 5, restarts: 6, failures: 1 },
	process: { pid: 4, startTicks: '123' },
	sinceMs: 7,
	prepared: true,
	replacing: true,
	end: { reason: 'exited with status 9', succeeded: false },
};

const open = (path: string) => openRecordStore(path, () => undefined);

test('openRecordStore() restores what was saved', (t) => {
	const path = join(scratchFolder(), 'redis.json');
	const first = open(path);
	t.false(first.wasFound);
	first.save(record);
	const second = open(path);
	t.true(second.wasFound);
	t.deepEqual(second.current(), record);
});

test('openRecordStore() finds no record in a file with an unknown phase', (t) => {
	const path = join(scratchFolder(), 'redis.json');
	writeFileSync(path, '{"state": {"phase": "dancing"}}');
	t.false(open(path).wasFound);
	t.deepEqual(open(path).current().state, initialState);
});

test('save() changes the named fields only', (t) => {
	const store = open(join(scratchFolder(), 'redis.json'));
	store.save(record);
	store.save({ prepared: false });
	t.deepEqual(store.current(), { ...record, prepared: false });
});

test('save() reports the first of several failed writes, and keeps the record in memory', (t) => {
	let reports = 0;
	// A directory in the place of the file.
	const path = join(scratchFolder(), 'redis.json');
	mkdirSync(join(path, 'x'), { recursive: true });
	const store = openRecordStore(path, () => {
		reports += 1;
	});
	store.save({ sinceMs: 1 });
	store.save({ sinceMs: 2 });
	t.is(reports, 1);
	t.is(store.current().sinceMs, 2);
});

test('until() resolves at once or after the save that reaches the state', async (t) => {
	const store = open(join(scratchFolder(), 'redis.json'));
	await store.until(({ phase }) => phase === 'stopped');
	let isReached = false;
	const running = store
		.until(({ phase }) => phase === 'running')
		.then(() => {
			isReached = true;
		});
	store.save({ sinceMs: 1 });
	await new Promise(setImmediate);
	t.false(isReached);
	store.save(record);
	await running;
	t.true(isReached);
});
