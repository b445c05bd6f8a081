import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createContainerRuns } from '../../../../supervisor/control/container-runs.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const folder = scratchFolder();

function setUp(cgroups: readonly string[] = []) {
	const cgroup = mkdtempSync(join(folder, 'cgroup-'));
	for (const name of cgroups) mkdirSync(join(cgroup, 'slipway.run', name), { recursive: true });
	const { log, events } = fakeLog();
	let ms = 0;
	const runs = createContainerRuns({ log, now: () => (ms += 10) }, { cgroup }, () => ['redis']);
	return { runs, events, cgroup };
}

test('createContainerRuns() tells the start and the end, and gives free names', (t) => {
	const { runs, events } = setUp();
	const { signal } = new AbortController();
	t.is(runs.begin(null, 'a.tar', signal), 'run-1');
	t.is(runs.begin(null, 'b.tar', signal), 'run-2');
	runs.end({ name: 'run-1', reason: null, isForgotten: true });
	runs.end({ name: 'run-2', reason: 'exited with status 1', isForgotten: false });
	t.is(runs.begin(null, 'c.tar', signal), 'run-1', 'it is free again');
	t.deepEqual(events.slice(0, 4), [
		{ event: 'run', name: 'run-1', state: 'started', image: 'a.tar' },
		{ event: 'run', name: 'run-2', state: 'started', image: 'b.tar' },
		{ event: 'run', name: 'run-1', state: 'done', durationMs: 20, isForgotten: true },
		{
			...{ event: 'run', name: 'run-2', state: 'failed', durationMs: 20, isForgotten: false },
			reason: 'exited with status 1',
		},
	]);
});

for (const name of ['redis', 'box']) {
	test(`createContainerRuns() refuses the name ${name}, which is taken`, (t) => {
		const { runs } = setUp();
		const { signal } = new AbortController();
		runs.begin('box', 'a.tar', signal);
		t.throws(() => runs.begin(name, 'a.tar', signal), { message: /already: choose another --name/ });
	});
}

test('createContainerRuns() removes what is left when the connection ends first, and only then', async (t) => {
	const { runs, events, cgroup } = setUp();
	const [killed, well] = [new AbortController(), new AbortController()];
	runs.begin('killed', 'a.tar', killed.signal);
	runs.begin('well', 'a.tar', well.signal);
	mkdirSync(join(cgroup, 'slipway.run/killed'), { recursive: true });
	runs.end({ name: 'well', reason: null, isForgotten: false });
	well.abort();
	killed.abort();
	await eventually(() => events.length === 4);
	t.like(events[3], { name: 'killed', state: 'failed', reason: 'its service run was killed' });
	t.is(events.filter((each) => each.event === 'run' && each.name === 'well').length, 2);
	// No directory of files can be removed as a cgroup can, and killing it has made one.
	t.true(existsSync(join(cgroup, 'slipway.run')));
});

test('createContainerRuns() of a PID 1 after a crash knows those that run, and notices their ends', async (t) => {
	const { runs, events, cgroup } = setUp(['left', 'ended']);
	writeFileSync(join(cgroup, 'slipway.run/left/cgroup.events'), 'populated 1\nfrozen 0\n');
	const { signal } = new AbortController();
	t.throws(() => runs.begin('left', 'a.tar', signal), { message: /There is a container or a service left/ });
	await eventually(() => events.length > 0);
	t.like(events[0], {
		name: 'ended',
		state: 'failed',
		reason: 'ended while PID 1 restarted, with an unknown status',
	});
	runs.end({ name: 'left', reason: null, isForgotten: false });
	t.like(events[1], { name: 'left', state: 'done' });
});
