import { getEventListeners } from 'node:events';
import test from 'ava';
import type { ServiceStatus } from '../../../../supervisor/contract/protocol.ts';
import { requestHandler } from '../../../../supervisor/control/handle-requests.ts';
import { noRuns } from '../../../helpers/no-runs.ts';

function setUp() {
	let state: ServiceStatus['state'] = 'running';
	const listeners = new Set<unknown>();
	const status = (): ServiceStatus => ({
		name: 'redis',
		state,
		ready: state === 'running',
		pid: 5,
		restarts: 0,
		since: 1,
		reason: null,
		after: [],
		log: '/var/log/redis.log',
	});
	const none = () => Promise.reject(new Error('not asked for'));
	const handle = requestHandler({
		services: () => [
			{
				name: 'redis',
				status,
				stats: () => ({
					...{ name: 'redis', state, ready: true, pid: 5, restarts: 0 },
					...{ memoryBytes: null, cpuSeconds: null, tasks: null, logLines: 0 },
				}),
				start: none,
				stop: none,
				restart: none,
				signal: () => false,
				process: () => null,
			},
		],
		pastEvents: () => [],
		replaceServices: async () => undefined,
		onEvent(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		runs: noRuns,
		power: () => undefined,
	});
	return { handle, listeners, set: (to: ServiceStatus['state']) => (state = to) };
}

const wait = { command: 'wait', name: 'redis', for: 'running' } as const;

test('requestHandler() leaves no listener of a wait when its client stays', async (t) => {
	const { handle, listeners } = setUp();
	const client = new AbortController();
	for (let times = 0; times < 3; times++) {
		t.like(await handle(wait, () => undefined, client.signal), { name: 'redis' });
	}
	t.is(getEventListeners(client.signal, 'abort').length, 0);
	t.is(listeners.size, 0);
});

test('requestHandler() ends a wait whose client goes, or has gone', async (t) => {
	const { handle, listeners, set } = setUp();
	set('backoff');
	const client = new AbortController();
	const asked = handle(wait, () => undefined, client.signal);
	client.abort();
	t.like(await asked, { state: 'backoff' });
	t.like(await handle(wait, () => undefined, client.signal), { state: 'backoff' });
	t.is(listeners.size, 0);
});
