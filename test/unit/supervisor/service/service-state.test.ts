import test from 'ava';
import type { ServicePhase } from '../../../../supervisor/contract/phases.ts';
import type { Probe } from '../../../../supervisor/contract/supervision.ts';
import { type ServiceRules, serviceRules } from '../../../../supervisor/contract/supervision.ts';
import {
	initialState,
	isReady,
	type ServiceAction,
	type ServiceEvent,
	type ServiceState,
	transition,
} from '../../../../supervisor/service/service-state.ts';

const NOW_MS = 100_000;
const PLAIN = serviceRules({});
const PROBE: Probe = { how: { tcp: 80 }, intervalMs: 1, timeoutMs: 1, retries: 1 };

const UP = { pid: 7, startedAtMs: NOW_MS - 1000 };

const STATES: Readonly<Record<ServicePhase | 'stopping-unborn' | 'restarting', ServiceState>> = {
	stopped: initialState,
	waiting: { ...initialState, phase: 'waiting', reason: 'waits for database' },
	starting: { ...initialState, phase: 'starting' },
	running: { ...initialState, ...UP, phase: 'running' },
	ready: { ...initialState, ...UP, phase: 'ready' },
	unhealthy: { ...initialState, ...UP, phase: 'unhealthy', reason: 'tcp 80: connection refused' },
	stopping: { ...initialState, ...UP, phase: 'stopping' },
	restarting: { ...initialState, ...UP, phase: 'stopping', restarting: true },
	'stopping-unborn': { ...initialState, phase: 'stopping' },
	backoff: { ...initialState, phase: 'backoff', failures: 1, reason: 'exited with status 1' },
	failed: { ...initialState, phase: 'failed', reason: 'no config.json' },
};

const EVENTS = {
	start: { event: 'start', blocked: null },
	'start-blocked': { event: 'start', blocked: 'waits for database' },
	unblocked: { event: 'unblocked' },
	started: { event: 'started', pid: 8 },
	found: { event: 'found', pid: 8, startedAtMs: 5 },
	'start-failed': { event: 'start-failed', reason: 'no program' },
	ready: { event: 'ready' },
	unready: { event: 'unready', reason: 'no answer' },
	unhealthy: { event: 'unhealthy', reason: 'no answer' },
	exited: { event: 'exited', reason: 'exited with status 1', succeeded: false },
	retry: { event: 'retry' },
	stop: { event: 'stop' },
	restart: { event: 'restart' },
	'grace-over': { event: 'grace-over' },
	unusable: { event: 'unusable', reason: 'no config.json' },
} as const satisfies Readonly<Record<string, ServiceEvent>>;

type EventName = keyof typeof EVENTS;

// Every state and every event: the phase after it, and the actions. What isn't named leaves all as it is.
const TABLE: Readonly<Record<keyof typeof STATES, Readonly<Partial<Record<EventName, string>>>>> = {
	stopped: {
		start: 'starting launch',
		'start-blocked': 'waiting',
		found: 'running watch',
		unusable: 'failed',
	},
	waiting: {
		unblocked: 'starting launch',
		found: 'running watch',
		stop: 'stopped',
		unusable: 'failed',
	},
	starting: {
		started: 'running watch',
		found: 'running watch',
		'start-failed': 'backoff schedule-retry',
		exited: 'backoff schedule-retry',
		stop: 'stopping',
		restart: 'stopping',
		unusable: 'failed',
	},
	running: {
		found: 'running watch',
		ready: 'ready',
		unready: 'unhealthy end',
		unhealthy: 'unhealthy end',
		exited: 'backoff schedule-retry',
		stop: 'stopping end',
		restart: 'stopping end',
		unusable: 'failed',
	},
	ready: {
		found: 'ready watch',
		unready: 'unhealthy end',
		unhealthy: 'unhealthy end',
		exited: 'backoff schedule-retry',
		stop: 'stopping end',
		restart: 'stopping end',
		unusable: 'failed',
	},
	unhealthy: {
		found: 'unhealthy watch end',
		exited: 'backoff schedule-retry',
		stop: 'stopping',
		restart: 'stopping',
		'grace-over': 'unhealthy kill',
		unusable: 'failed',
	},
	stopping: {
		start: 'stopping',
		'start-blocked': 'stopping',
		found: 'stopping watch end',
		exited: 'stopped',
		restart: 'stopping',
		'grace-over': 'stopping kill',
		unusable: 'failed',
	},
	restarting: {
		found: 'stopping watch end',
		exited: 'starting launch',
		stop: 'stopping',
		'grace-over': 'stopping kill',
		unusable: 'failed',
	},
	'stopping-unborn': {
		start: 'stopping',
		'start-blocked': 'stopping',
		started: 'stopping watch end',
		found: 'stopping watch end',
		'start-failed': 'stopped',
		exited: 'stopped',
		restart: 'stopping',
		'grace-over': 'stopping kill',
		unusable: 'failed',
	},
	backoff: {
		start: 'starting cancel-retry launch',
		'start-blocked': 'starting cancel-retry launch',
		found: 'running watch',
		retry: 'starting launch',
		stop: 'stopped cancel-retry',
		unusable: 'failed',
	},
	failed: {
		start: 'starting launch',
		'start-blocked': 'waiting',
		found: 'running watch',
		stop: 'stopped',
		unusable: 'failed',
	},
};

function said(actions: readonly ServiceAction[]): string[] {
	return actions.map((action) => (action.action === 'probe' ? `probe:${action.what}` : action.action));
}

const goes = test.macro({
	exec(t, from: keyof typeof STATES, event: EventName, expected: string) {
		const { state, actions } = transition(STATES[from], EVENTS[event], NOW_MS, PLAIN);
		if (expected === '.') {
			t.deepEqual(state, STATES[from]);
			t.deepEqual(actions, []);
		} else t.is([state.phase, ...said(actions)].join(' '), expected);
	},
	title: (_, from, event, expected) => `transition() ${from} + ${event}: ${expected}`,
});

for (const from of Object.keys(STATES) as (keyof typeof STATES)[]) {
	for (const event of Object.keys(EVENTS) as EventName[]) test(goes, from, event, TABLE[from][event] ?? '.');
}

test('transition() has no pid in a phase without a process, and none that runs without', (t) => {
	for (const state of Object.values(STATES)) {
		for (const event of Object.values(EVENTS)) {
			const after = transition(state, event, NOW_MS, PLAIN).state;
			if (['stopped', 'waiting', 'starting', 'backoff', 'failed'].includes(after.phase))
				t.is(after.pid, null);
			if (['running', 'ready', 'unhealthy'].includes(after.phase)) t.not(after.pid, null);
			if (after.phase !== 'stopping') t.false(after.restarting);
		}
	}
});

/** Through events, from stopped; gives the last state and all actions. */
function run(rules: ServiceRules, ...events: readonly ServiceEvent[]) {
	let state = initialState;
	const actions: ServiceAction[] = [];
	for (const event of events) {
		const next = transition(state, event, NOW_MS, rules);
		state = next.state;
		actions.push(...next.actions);
	}
	return { state, actions: said(actions), last: actions.at(-1) };
}

const { start, started, exited, retry } = EVENTS;
const succeeded: ServiceEvent = { event: 'exited', reason: 'exited with status 0', succeeded: true };

test('transition() doubles the delay of a crash loop and starts over after a good while', (t) => {
	let { state } = transition(initialState, start, 0, PLAIN);
	let nowMs = 0;
	const crashAfter = (upMs: number): number => {
		state = transition(state, { event: 'started', pid: 9 }, nowMs, PLAIN).state;
		nowMs += upMs;
		const crash = transition(state, exited, nowMs, PLAIN);
		const [scheduled] = crash.actions;
		state = transition(crash.state, retry, nowMs, PLAIN).state;
		return scheduled?.action === 'schedule-retry' ? scheduled.delayMs : -1;
	};
	t.deepEqual([10, 10, 10, 10].map(crashAfter), [200, 400, 800, 1600]);
	t.is(crashAfter(31_000), 200);
	t.is(crashAfter(10), 400);
	t.is(state.restarts, 6);
	t.deepEqual(state.ends, [], 'no history where nothing depends on it');
});

test('transition() counts a restart only when there is one', (t) => {
	const stopped = transition(STATES.backoff, EVENTS.stop, NOW_MS, PLAIN).state;
	t.is(stopped.restarts, 0);
	t.is(transition(STATES.backoff, retry, NOW_MS, PLAIN).state.restarts, 1);
	t.is(transition(stopped, start, NOW_MS, PLAIN).state.restarts, 0);
	t.is(run(PLAIN, start, started, EVENTS.restart, succeeded).state.restarts, 1);
});

test('transition() keeps the time of a found service, so that its next crash finds the right delay', (t) => {
	const { state } = transition(STATES.running, EVENTS.found, NOW_MS, PLAIN);
	t.is(state.startedAtMs, 5);
	t.is(state.pid, 8);
});

const ends = test.macro({
	exec(t, policy: 'always' | 'on-failure' | 'no', event: ServiceEvent, expected: ServicePhase) {
		t.is(run(serviceRules({ restart: { policy } }), start, started, event).state.phase, expected);
	},
	title: (_, policy: string, event: ServiceEvent, expected: string) =>
		`transition() with the policy ${policy}, ${'reason' in event ? event.reason : ''}: ${expected}`,
});

test(ends, 'always', succeeded, 'backoff');
test(ends, 'always', exited, 'backoff');
test(ends, 'on-failure', succeeded, 'stopped');
test(ends, 'on-failure', exited, 'backoff');
test(ends, 'no', succeeded, 'stopped');
test(ends, 'no', exited, 'failed');

test('transition() gives up after too many ends in a time, and only then', (t) => {
	const rules = serviceRules({ restart: { burst: 2, burstWindowMs: 60_000 } });
	const once = [started, exited] as const;
	const before = run(rules, start, ...once, retry, ...once);
	t.is(before.state.phase, 'backoff');
	const { state, last } = run(rules, start, ...once, retry, ...once, retry, ...once);
	t.is(state.phase, 'failed');
	t.is(state.reason, 'exited with status 1; more than 2 ends within 60 s');
	t.not(last?.action, 'schedule-retry');
	const later = transition(
		transition(transition(before.state, retry, NOW_MS, rules).state, started, NOW_MS, rules).state,
		exited,
		NOW_MS + 60_000,
		rules,
	);
	t.is(later.state.phase, 'backoff');
	t.is(later.state.ends.length, 1);
	t.is(transition(state, start, NOW_MS, rules).state.ends.length, 0, 'a start by hand starts over');
});

test('transition() asks for the end of the system where a burst says so', (t) => {
	const rules = serviceRules({ restart: { burst: 0, onBurst: 'reboot' } });
	const { state, last } = run(rules, start, started, exited);
	t.is(state.phase, 'failed');
	t.deepEqual(last, { action: 'power', power: 'reboot' });
});

test('transition() with both probes: readiness first, then health, and nothing of a service that ends', (t) => {
	const rules = serviceRules({ ready: PROBE, health: PROBE });
	const { actions, state } = run(rules, start, started, EVENTS.ready, EVENTS.unhealthy, succeeded);
	const asked = ['launch', 'watch', 'probe:ready', 'probe:health', 'probe:nothing', 'end', 'probe:nothing'];
	t.deepEqual(actions, [...asked, 'schedule-retry']);
	t.is(state.phase, 'backoff');
	t.is(state.reason, 'no answer; it exited with status 0');
});

test('transition() with a probe for health alone asks at once', (t) => {
	const { actions } = run(serviceRules({ health: PROBE }), start, started);
	t.deepEqual(actions, ['launch', 'watch', 'probe:health']);
});

test('transition() counts a service that fails its probe as failed, whatever its status', (t) => {
	const rules = serviceRules({ ready: PROBE, restart: { policy: 'on-failure' } });
	t.is(run(rules, start, started, EVENTS.unready, succeeded).state.phase, 'backoff');
});

test('transition(): what was ready before a crash of PID 1 is ready after it', (t) => {
	const rules = serviceRules({ ready: PROBE });
	t.is(transition(STATES.ready, EVENTS.found, NOW_MS, rules).state.phase, 'ready');
	t.is(transition(STATES.running, EVENTS.found, NOW_MS, rules).state.phase, 'running');
});

test('isReady(): running is enough where nothing can be asked', (t) => {
	t.true(isReady(STATES.running, PLAIN));
	t.false(isReady(STATES.running, serviceRules({ ready: PROBE })));
	t.true(isReady(STATES.ready, serviceRules({ ready: PROBE })));
	t.false(isReady(STATES.unhealthy, PLAIN));
});
