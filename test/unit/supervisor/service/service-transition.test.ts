import test from 'ava';
import type { ServicePhase } from '../../../../supervisor/contract/phases.ts';
import type { Probe } from '../../../../supervisor/contract/supervision.ts';
import { type ServiceRules, serviceRules } from '../../../../supervisor/contract/supervision.ts';
import {
	initialState,
	type ServiceAction,
	type ServiceEvent,
	type ServiceState,
} from '../../../../supervisor/service/service-state.ts';
import { transition } from '../../../../supervisor/service/service-transition.ts';

const nowMs = 100_000;
const plain = serviceRules({});
const probe: Probe = { how: { tcp: 80 }, intervalMs: 1, timeoutMs: 1, retries: 1 };

const up = { pid: 7, startedAtMs: nowMs - 1000 };

const states: Readonly<Record<ServicePhase | 'stopping-unborn' | 'restarting', ServiceState>> = {
	stopped: initialState,
	waiting: { ...initialState, phase: 'waiting', reason: 'waits for database' },
	starting: { ...initialState, phase: 'starting' },
	running: { ...initialState, ...up, phase: 'running' },
	ready: { ...initialState, ...up, phase: 'ready' },
	unhealthy: { ...initialState, ...up, phase: 'unhealthy', reason: 'tcp 80: connection refused' },
	stopping: { ...initialState, ...up, phase: 'stopping' },
	restarting: { ...initialState, ...up, phase: 'stopping', restarting: true },
	'stopping-unborn': { ...initialState, phase: 'stopping' },
	backoff: { ...initialState, phase: 'backoff', failures: 1, reason: 'exited with status 1' },
	failed: { ...initialState, phase: 'failed', reason: 'no config.json' },
};

const events = {
	start: { event: 'start', blocked: null },
	'start-blocked': { event: 'start', blocked: 'waits for database' },
	unblocked: { event: 'unblocked' },
	started: { event: 'started', pid: 8 },
	found: { event: 'found', pid: 8, startedAtMs: 5 },
	'start-late': { event: 'start-late', reason: 'not started in 60 s' },
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

type EventName = keyof typeof events;

// For each state and event: the phase after it, and the actions. Other events change nothing.
const table: Readonly<Record<keyof typeof states, Readonly<Partial<Record<EventName, string>>>>> = {
	stopped: {
		start: 'starting launch',
		'start-blocked': 'waiting',
		started: 'stopped discard',
		'start-failed': 'stopped discard',
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
		'start-late': 'starting',
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
		'start-failed': 'stopped discard',
		exited: 'stopped',
		restart: 'stopping',
		'grace-over': 'stopping kill',
		unusable: 'failed',
	},
	backoff: {
		start: 'starting cancel-retry launch:adopt',
		'start-blocked': 'starting cancel-retry launch:adopt',
		found: 'running watch',
		retry: 'starting launch:adopt',
		stop: 'stopped cancel-retry discard',
		restart: 'starting cancel-retry launch',
		unusable: 'failed',
	},
	failed: {
		start: 'starting launch',
		'start-blocked': 'waiting',
		started: 'failed discard',
		'start-failed': 'failed discard',
		found: 'running watch',
		stop: 'stopped',
		unusable: 'failed',
	},
};

function namesOf(actions: readonly ServiceAction[]): string[] {
	return actions.map((action) => {
		if (action.action === 'probe') return `probe:${action.what}`;
		return action.action === 'launch' && action.adopt ? 'launch:adopt' : action.action;
	});
}

const goes = test.macro({
	exec(t, from: keyof typeof states, event: EventName, expected: string) {
		const { state, actions } = transition(states[from], events[event], nowMs, plain);
		if (expected === '.') {
			t.deepEqual(state, states[from]);
			t.deepEqual(actions, []);
		} else t.is([state.phase, ...namesOf(actions)].join(' '), expected);
	},
	title: (_, from, event, expected) => `transition() ${from} + ${event}: ${expected}`,
});

for (const from of Object.keys(states) as (keyof typeof states)[]) {
	for (const event of Object.keys(events) as EventName[]) test(goes, from, event, table[from][event] ?? '.');
}

test('transition() leaves nothing of a start that failed for good, or whose service was stopped meanwhile', (t) => {
	const no = serviceRules({ restart: { policy: 'no' } });
	const failed = events['start-failed'];
	t.deepEqual(run(no, start, failed).actions, ['launch', 'discard']);
	t.deepEqual(run(plain, start, failed, events.stop).actions.slice(-2), ['cancel-retry', 'discard']);
	// The stop did not wait for containerd, and the start succeeds after it.
	const { state, actions } = run(plain, start, events.stop, exited, started);
	t.is(state.phase, 'stopped');
	t.deepEqual(actions, ['launch', 'discard']);
});

test('transition() adopts a late start only when no stop and no restart was requested since', (t) => {
	const failed = events['start-failed'];
	const launches = (...given: readonly ServiceEvent[]) => run(plain, start, failed, ...given).actions.at(-1);
	t.is(launches(retry), 'launch:adopt');
	t.is(launches(start), 'launch:adopt');
	t.is(launches(events.restart), 'launch');
	t.is(launches(events.stop, start), 'launch');
	t.is(run(plain, start, events.restart, failed).actions.at(-1), 'launch');
});

test('transition() keeps a pid in exactly the phases with a process', (t) => {
	for (const state of Object.values(states)) {
		for (const event of Object.values(events)) {
			const after = transition(state, event, nowMs, plain).state;
			if (['stopped', 'waiting', 'starting', 'backoff', 'failed'].includes(after.phase))
				t.is(after.pid, null);
			if (['running', 'ready', 'unhealthy'].includes(after.phase)) t.not(after.pid, null);
			if (after.phase !== 'stopping') t.false(after.restarting);
		}
	}
});

/** Applies the events, from the initial state. Returns the last state and all actions. */
function run(rules: ServiceRules, ...given: readonly ServiceEvent[]) {
	let state = initialState;
	const actions: ServiceAction[] = [];
	for (const event of given) {
		const next = transition(state, event, nowMs, rules);
		state = next.state;
		actions.push(...next.actions);
	}
	return { state, actions: namesOf(actions), last: actions.at(-1) };
}

const { start, started, exited, retry } = events;
const succeeded: ServiceEvent = { event: 'exited', reason: 'exited with status 0', succeeded: true };

test('transition() doubles the delay of a crash loop and resets it after a long run', (t) => {
	let { state } = transition(initialState, start, 0, plain);
	let clockMs = 0;
	const crashAfter = (upMs: number): number => {
		state = transition(state, { event: 'started', pid: 9 }, clockMs, plain).state;
		clockMs += upMs;
		const crash = transition(state, exited, clockMs, plain);
		const [scheduled] = crash.actions;
		state = transition(crash.state, retry, clockMs, plain).state;
		return scheduled?.action === 'schedule-retry' ? scheduled.delayMs : -1;
	};
	t.deepEqual([10, 10, 10, 10].map(crashAfter), [200, 400, 800, 1600]);
	t.is(crashAfter(31_000), 200);
	t.is(crashAfter(10), 400);
	t.is(state.restarts, 6);
	t.deepEqual(state.ends, [], 'no history without a limit of bursts');
});

test('transition() counts a restart only when the service starts again', (t) => {
	const stopped = transition(states.backoff, events.stop, nowMs, plain).state;
	t.is(stopped.restarts, 0);
	t.is(transition(states.backoff, retry, nowMs, plain).state.restarts, 1);
	t.is(transition(stopped, start, nowMs, plain).state.restarts, 0);
	t.is(run(plain, start, started, events.restart, succeeded).state.restarts, 1);
});

test('transition() keeps the start time of a found service, which decides on the delay after its next crash', (t) => {
	const { state } = transition(states.running, events.found, nowMs, plain);
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

test('transition() does not restart a service after too many ends within the window', (t) => {
	const rules = serviceRules({ restart: { burst: 2, burstWindowMs: 60_000 } });
	const once = [started, exited] as const;
	const before = run(rules, start, ...once, retry, ...once);
	t.is(before.state.phase, 'backoff');
	const { state, last } = run(rules, start, ...once, retry, ...once, retry, ...once);
	t.is(state.phase, 'failed');
	t.is(state.reason, 'exited with status 1; more than 2 ends within 60 s');
	t.not(last?.action, 'schedule-retry');
	const later = transition(
		transition(transition(before.state, retry, nowMs, rules).state, started, nowMs, rules).state,
		exited,
		nowMs + 60_000,
		rules,
	);
	t.is(later.state.phase, 'backoff');
	t.is(later.state.ends.length, 1);
	t.is(transition(state, start, nowMs, rules).state.ends.length, 0, 'a start on request resets the count');
});

test('transition() requests the end of the system after a burst if onBurst names it', (t) => {
	const rules = serviceRules({ restart: { burst: 0, onBurst: 'reboot' } });
	const { state, last } = run(rules, start, started, exited);
	t.is(state.phase, 'failed');
	t.deepEqual(last, { action: 'power', power: 'reboot' });
});

test('transition() runs the readiness probe, then the health probe, and none of a service that ends', (t) => {
	const rules = serviceRules({ ready: probe, health: probe });
	const { actions, state } = run(rules, start, started, events.ready, events.unhealthy, succeeded);
	const expected = [
		'launch',
		'watch',
		'probe:ready',
		'probe:health',
		'probe:nothing',
		'end',
		'probe:nothing',
	];
	t.deepEqual(actions, [...expected, 'schedule-retry']);
	t.is(state.phase, 'backoff');
	t.is(state.reason, 'no answer; it exited with status 0');
});

test('transition() runs the health probe at once if there is no readiness probe', (t) => {
	const { actions } = run(serviceRules({ health: probe }), start, started);
	t.deepEqual(actions, ['launch', 'watch', 'probe:health']);
});

test('transition() treats a service that fails its probe as failed, whatever its exit status', (t) => {
	const rules = serviceRules({ ready: probe, restart: { policy: 'on-failure' } });
	t.is(run(rules, start, started, events.unready, succeeded).state.phase, 'backoff');
});

test('transition() keeps a service ready that was ready before a crash of PID 1', (t) => {
	const rules = serviceRules({ ready: probe });
	t.is(transition(states.ready, events.found, nowMs, rules).state.phase, 'ready');
	t.is(transition(states.running, events.found, nowMs, rules).state.phase, 'running');
});
