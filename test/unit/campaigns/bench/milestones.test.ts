import test from 'ava';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import {
	baselineMilestones,
	type Milestone,
	ourMilestones,
	partSeconds,
	portOpenSeconds,
} from '../../../campaigns/bench/milestones.ts';

const listen = (seconds: string, family: string, port: number, state = 'TCP_LISTEN'): string =>
	`[   ${seconds}] inet_sock_set_state: family=${family} protocol=IPPROTO_TCP sport=${port} dport=0 saddr=0.0.0.0 ` +
	`daddr=0.0.0.0 saddrv6=:: daddrv6=:: oldstate=TCP_CLOSE newstate=${state}\r\n`;

const runInit = '[    3.250000] Run /init as init process\r\n';
const names = (milestones: readonly Milestone[]): string[] =>
	milestones.map(({ name, seconds }) => `${name} ${seconds}`);

test('portOpenSeconds() takes the first time that the port listens', (t) => {
	t.is(portOpenSeconds(`${runInit}${listen('9.1', 'AF_INET', 6379)}${listen('9.2', 'AF_INET', 6379)}`), 9.1);
});

for (const [what, text] of [
	['another port', listen('9.1', 'AF_INET', 63790)],
	['another state', listen('9.1', 'AF_INET', 6379, 'TCP_CLOSE')],
	['a line that is not whole', listen('9.1', 'AF_INET', 6379).slice(0, -8)],
] as const) {
	test(`portOpenSeconds() ignores ${what}`, (t) => t.is(portOpenSeconds(text), null));
}

test('ourMilestones() are the ends of stages and containers, between the kernel’s own', (t) => {
	const event = (at: number, more: object): GuestEventLine =>
		({ at, msg: '', ...more }) as unknown as GuestEventLine;
	const events = [
		event(3.5, { event: 'init' }),
		event(3.6, { event: 'stage', stage: 'root', state: 'done' }),
		event(3.7, { event: 'stage', stage: 'watchdog', state: 'skipped' }),
		event(4, { event: 'onboot', name: '000-address', state: 'started' }),
		event(5, { event: 'onboot', name: '000-address', state: 'done' }),
		event(6, { event: 'service', name: 'redis', state: 'starting' }),
		event(7, { event: 'service', name: 'redis', state: 'running' }),
		event(7, { event: 'ready' }),
	];
	const console = runInit + listen('7.1', 'AF_INET', 6379);
	t.deepEqual(names(ourMilestones(console, events)), [
		...['run-init 3.25', 'init 3.5', 'root 3.6', '000-address 5', 'redis 7', 'port-open 7.1'],
	]);
});

test('baselineMilestones() are the marks of the shell init', (t) => {
	const console = `${runInit}bench: init 3.27\r\nbench: 001-echo 5.1\r\n${listen('7.1', 'AF_INET', 6379)}`;
	t.deepEqual(names(baselineMilestones(console)), [
		...['run-init 3.25', 'init 3.27', '001-echo 5.1', 'port-open 7.1'],
	]);
});

const passed = (ends: Readonly<Record<string, number>>): Milestone[] =>
	Object.entries(ends).map(([name, seconds]) => ({ name, seconds }));
const ends = { 'run-init': 3, init: 4, root: 5, devices: 6, '001-echo': 9, 'port-open': 12 };

test('partSeconds() add up to the whole, and what ran beside another part takes no time', (t) => {
	const parts = partSeconds(passed({ ...ends, containerd: 8 })) ?? [];
	t.deepEqual(
		parts.map(({ seconds }) => seconds),
		[3, 1, 1, 1, 3, 0, 3],
	);
	t.is(
		parts.reduce((sum, { seconds }) => sum + seconds, 0),
		12,
	);
});

test('partSeconds() is null when a milestone is missing', (t) => t.is(partSeconds(passed(ends)), null));
