import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { bridgeOf, defaultNetwork } from '../../../../supervisor/contract/network-range.ts';
import { createContainerRuns } from '../../../../supervisor/control/container-runs.ts';
import { writeRunRecord } from '../../../../supervisor/control/run-record.ts';
import type { RunNetworks } from '../../../../supervisor/network/run-networks.ts';
import { identifyProcess, type ProcessIdentity } from '../../../../supervisor/process/process-identity.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const folder = scratchFolder();

/** No other process has these numbers. */
const ended: ProcessIdentity = { pid: 2 ** 22, startTicks: '1' };
const own = identifyProcess(process.pid) ?? ended;
const network = { namespace: '/run/slipway/netns/run:box', hosts: '/run/slipway/runs/box/hosts' };

function setUp(
	cgroups: readonly string[] = [],
	records: Readonly<Record<string, ProcessIdentity>> = {},
	stepMs = 10,
) {
	const [cgroup, state] = [mkdtempSync(join(folder, 'cgroup-')), mkdtempSync(join(folder, 'state-'))];
	for (const name of cgroups) mkdirSync(join(cgroup, 'slipway.run', name), { recursive: true });
	for (const [name, owner] of Object.entries(records)) writeRunRecord({ state }, name, owner);
	const { log, events } = fakeLog();
	const { native, calls } = createFakeNative();
	let ms = 0;
	const closed: string[] = [];
	const networks: RunNetworks = {
		find: (name) => (name === 'bridge' ? bridgeOf(defaultNetwork) : null),
		open: async (name) => {
			if (name === 'refused') throw new Error('could not load the rules');
			return network;
		},
		close: (name) => closed.push(name),
	};
	const runs = createContainerRuns(
		{ log, now: () => (ms += stepMs), native },
		{ cgroup, state },
		networks,
		() => ['redis'],
	);
	const { signal } = new AbortController();
	const begin = async (name: string | null, net: string | null = null, gone: AbortSignal = signal) =>
		await runs.begin({ name, image: `${name}.tar`, net, owner: own }, gone);
	const recorded = () => (existsSync(join(state, 'runs')) ? readdirSync(join(state, 'runs')) : []);
	return { runs, begin, events, cgroup, closed, calls, recorded };
}

test('createContainerRuns() tells the start and the end, and gives free names', async (t) => {
	const { runs, begin, events, recorded } = setUp();
	t.deepEqual(await begin(null), { name: 'run-1', network: null });
	t.like(await begin(null), { name: 'run-2' });
	t.deepEqual(recorded(), ['run-1', 'run-2']);
	runs.end({ name: 'run-1', reason: null, isForgotten: true });
	runs.end({ name: 'run-2', reason: 'exited with status 1', isForgotten: false });
	t.deepEqual(recorded(), []);
	t.like(await begin(null), { name: 'run-1' }, 'it is free again');
	t.deepEqual(events.slice(0, 4), [
		{ event: 'run', name: 'run-1', state: 'started', image: 'null.tar' },
		{ event: 'run', name: 'run-2', state: 'started', image: 'null.tar' },
		{ event: 'run', name: 'run-1', state: 'done', durationMs: 20, isForgotten: true },
		{
			...{ event: 'run', name: 'run-2', state: 'failed', durationMs: 20, isForgotten: false },
			reason: 'exited with status 1',
		},
	]);
});

for (const name of ['redis', 'box']) {
	test(`createContainerRuns() refuses the name ${name}, which is taken`, async (t) => {
		const { begin } = setUp();
		await begin('box');
		await t.throwsAsync(begin(name), { message: /already: choose another --name/ });
	});
}

test('createContainerRuns() gives a network, and takes it back at the end', async (t) => {
	const { runs, begin, closed } = setUp();
	t.deepEqual(await begin('box', 'bridge'), { name: 'box', network });
	t.deepEqual(closed, []);
	runs.end({ name: 'box', reason: null, isForgotten: false });
	t.deepEqual(closed, ['box']);
});

const refusals: Readonly<Record<string, [name: string, net: string, code: string, message: RegExp]>> = {
	'a network that cannot be made': [
		'refused',
		'bridge',
		'failed',
		/^--net bridge: could not load the rules\.$/,
	],
	'a network that nobody has': [
		'box',
		'other',
		'unknown-service',
		/^--net other: there is no service and no network of that name\. The services are redis\.$/,
	],
};
for (const [what, [name, net, code, message]] of Object.entries(refusals))
	test(`createContainerRuns() refuses ${what}, and keeps nothing`, async (t) => {
		const { begin, events, recorded } = setUp();
		t.like(await t.throwsAsync(begin(name, net), { message }), { code });
		t.deepEqual([events, recorded()], [[], []]);
		t.like(await begin(name), { name }, 'the name is free');
	});

test('createContainerRuns() removes what is left when the connection ends first, and only then', async (t) => {
	const { runs, begin, events, cgroup } = setUp();
	const [killed, well] = [new AbortController(), new AbortController()];
	await begin('killed', null, killed.signal);
	await begin('well', null, well.signal);
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

test('createContainerRuns() does not end a container that has the name of one whose connection ends late', async (t) => {
	const { runs, begin, events, cgroup } = setUp();
	const late = new AbortController();
	await begin(null, null, late.signal);
	runs.end({ name: 'run-1', reason: null, isForgotten: false });
	t.like(await begin(null), { name: 'run-1' });
	mkdirSync(join(cgroup, 'slipway.run/run-1'), { recursive: true });
	late.abort();
	await setImmediate();
	t.deepEqual(readdirSync(join(cgroup, 'slipway.run/run-1')), [], 'nothing was killed');
	runs.end({ name: 'run-1', reason: null, isForgotten: false });
	t.is(events.filter((each) => each.event === 'run' && each.state === 'done').length, 2);
});

test('createContainerRuns() of a PID 1 after a crash knows those that run, and notices their ends', async (t) => {
	const { runs, begin, events, cgroup, closed } = setUp(['left', 'ended'], { unpacks: own, gone: ended });
	writeFileSync(join(cgroup, 'slipway.run/left/cgroup.events'), 'populated 1\nfrozen 0\n');
	for (const name of ['left', 'unpacks'])
		await t.throwsAsync(begin(name), {
			message: `There is a container or a service ${name} already: choose another --name.`,
		});
	await eventually(() => events.length > 1);
	for (const name of ['ended', 'gone'])
		t.like(
			events.find((each) => each.event === 'run' && each.name === name),
			{ state: 'failed', reason: 'ended while PID 1 restarted, with an unknown status' },
		);
	t.deepEqual(closed.toSorted(), ['ended', 'gone']);
	for (const name of ['left', 'unpacks']) runs.end({ name, reason: null, isForgotten: false });
	t.like(events[2], { name: 'left', state: 'done' });
	t.like(events[3], { name: 'unpacks', state: 'done' });
});

test('createContainerRuns() stops one by a signal to its service, and kills that when its time is up', async (t) => {
	const { runs, begin, calls, events } = setUp([], {}, 5000);
	t.is(await runs.stop('box'), null);
	await begin('box');
	t.like(await runs.stop('box'), { name: 'box', state: 'stopped', pid: null });
	t.deepEqual(
		calls.map(({ method, args }) => [method, ...args]),
		[
			['kill', own.pid, 15],
			['kill', own.pid, 9],
		],
	);
	t.like(events[1], { name: 'box', state: 'failed', reason: 'was stopped, and killed' });
});
