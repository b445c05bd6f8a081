import test from 'ava';
import { RESTART_POLICY } from '../../../supervisor/restart-policy.ts';
import {
	INITIAL_STATE,
	type ServiceEvent,
	type ServicePhase,
	type ServiceState,
	transition,
} from '../../../supervisor/service-state.ts';

const NOW_MS = 100_000;

const STATES: Readonly<Record<ServicePhase | 'stopping-unborn', ServiceState>> = {
	stopped: INITIAL_STATE,
	starting: { ...INITIAL_STATE, phase: 'starting' },
	running: { ...INITIAL_STATE, phase: 'running', pid: 7, startedAtMs: NOW_MS - 1000 },
	stopping: { ...INITIAL_STATE, phase: 'stopping', pid: 7, startedAtMs: NOW_MS - 1000 },
	'stopping-unborn': { ...INITIAL_STATE, phase: 'stopping' },
	backoff: { ...INITIAL_STATE, phase: 'backoff', failures: 1, reason: 'exited with status 1' },
	failed: { ...INITIAL_STATE, phase: 'failed', reason: 'no config.json' },
};

const EVENTS: Readonly<Record<ServiceEvent['event'], ServiceEvent>> = {
	start: { event: 'start' },
	started: { event: 'started', pid: 8 },
	found: { event: 'found', pid: 8, startedAtMs: 5 },
	'start-failed': { event: 'start-failed', reason: 'no program' },
	exited: { event: 'exited', reason: 'exited with status 1' },
	retry: { event: 'retry' },
	stop: { event: 'stop' },
	'grace-over': { event: 'grace-over' },
	unusable: { event: 'unusable', reason: 'no config.json' },
};

// Every state and every event: the phase after it, and the actions. `.` is: nothing changes.
const TABLE: Readonly<Record<keyof typeof STATES, Readonly<Record<ServiceEvent['event'], string>>>> = {
	stopped: {
		start: 'starting launch',
		started: '.',
		found: 'running watch',
		'start-failed': '.',
		exited: '.',
		retry: '.',
		stop: '.',
		'grace-over': '.',
		unusable: 'failed',
	},
	starting: {
		start: '.',
		started: 'running watch',
		found: 'running watch',
		'start-failed': 'backoff schedule-retry',
		exited: 'backoff schedule-retry',
		retry: '.',
		stop: 'stopping',
		'grace-over': '.',
		unusable: 'failed',
	},
	running: {
		start: '.',
		started: '.',
		found: 'running watch',
		'start-failed': '.',
		exited: 'backoff schedule-retry',
		retry: '.',
		stop: 'stopping signal:SIGTERM',
		'grace-over': '.',
		unusable: 'failed',
	},
	stopping: {
		start: '.',
		started: '.',
		found: 'stopping watch signal:SIGTERM',
		'start-failed': '.',
		exited: 'stopped',
		retry: '.',
		stop: '.',
		'grace-over': 'stopping signal:SIGKILL',
		unusable: 'failed',
	},
	'stopping-unborn': {
		start: '.',
		started: 'stopping watch signal:SIGTERM',
		found: 'stopping watch signal:SIGTERM',
		'start-failed': 'stopped',
		exited: 'stopped',
		retry: '.',
		stop: '.',
		'grace-over': 'stopping signal:SIGKILL',
		unusable: 'failed',
	},
	backoff: {
		start: 'starting cancel-retry launch',
		started: '.',
		found: 'running watch',
		'start-failed': '.',
		exited: '.',
		retry: 'starting launch',
		stop: 'stopped cancel-retry',
		'grace-over': '.',
		unusable: 'failed',
	},
	failed: {
		start: 'starting launch',
		started: '.',
		found: 'running watch',
		'start-failed': '.',
		exited: '.',
		retry: '.',
		stop: 'stopped',
		'grace-over': '.',
		unusable: 'failed',
	},
};

const goes = test.macro({
	exec(t, from: keyof typeof STATES, event: ServiceEvent['event'], expected: string) {
		const { state, actions } = transition(STATES[from], EVENTS[event], NOW_MS, RESTART_POLICY);
		const done = actions.map((action) =>
			action.action === 'signal' ? `signal:${action.signal}` : action.action,
		);
		if (expected === '.') {
			t.is(state, STATES[from]);
			t.deepEqual(done, []);
		} else t.is([state.phase, ...done].join(' '), expected);
	},
	title: (_, from, event, expected) => `transition() ${from} + ${event}: ${expected}`,
});

for (const [from, row] of Object.entries(TABLE)) {
	for (const [event, expected] of Object.entries(row)) {
		test(goes, from as keyof typeof STATES, event as ServiceEvent['event'], expected);
	}
}

test('transition() has no pid in a phase without a process', (t) => {
	for (const state of Object.values(STATES)) {
		for (const event of Object.values(EVENTS)) {
			const after = transition(state, event, NOW_MS, RESTART_POLICY).state;
			if (['stopped', 'starting', 'backoff', 'failed'].includes(after.phase)) t.is(after.pid, null);
			if (after.phase === 'running') t.not(after.pid, null);
		}
	}
});

test('transition() doubles the delay of a crash loop and starts over after a good while', (t) => {
	let state = transition(INITIAL_STATE, { event: 'start' }, 0, RESTART_POLICY).state;
	let nowMs = 0;
	const crashAfter = (upMs: number): number => {
		state = transition(state, { event: 'started', pid: 9 }, nowMs, RESTART_POLICY).state;
		nowMs += upMs;
		const crash = transition(
			state,
			{ event: 'exited', reason: 'exited with status 1' },
			nowMs,
			RESTART_POLICY,
		);
		const [retry] = crash.actions;
		state = transition(crash.state, { event: 'retry' }, nowMs, RESTART_POLICY).state;
		return retry?.action === 'schedule-retry' ? retry.delayMs : -1;
	};
	t.deepEqual([10, 10, 10, 10].map(crashAfter), [200, 400, 800, 1600]);
	t.is(crashAfter(31_000), 200);
	t.is(crashAfter(10), 400);
	t.is(state.restarts, 6);
});

test('transition() counts a restart only when there is one', (t) => {
	const stopped = transition(STATES.backoff, { event: 'stop' }, NOW_MS, RESTART_POLICY).state;
	t.is(stopped.restarts, 0);
	t.is(transition(STATES.backoff, { event: 'retry' }, NOW_MS, RESTART_POLICY).state.restarts, 1);
	t.is(transition(stopped, { event: 'start' }, NOW_MS, RESTART_POLICY).state.restarts, 0);
});

test('transition() keeps the time of a found service, so that its next crash finds the right delay', (t) => {
	const { state } = transition(STATES.running, EVENTS.found, NOW_MS, RESTART_POLICY);
	t.is(state.startedAtMs, 5);
	t.is(state.pid, 8);
});
