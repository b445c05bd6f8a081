import test from 'ava';
import { styled } from '../../../../native/text/colour.ts';
import { bootReport, bootText } from '../../../../supervisor/cli/boot-report.ts';
import {
	eventLine,
	formatAge,
	listTable,
	shortenLines,
	shown,
	statusText,
} from '../../../../supervisor/cli/tables.ts';
import type { GuestEvent, GuestEventLine } from '../../../../supervisor/contract/events.ts';
import type { ServiceStatus } from '../../../../supervisor/contract/protocol.ts';

const redis: ServiceStatus = {
	name: 'redis',
	state: 'running',
	ready: true,
	pid: 312,
	restarts: 0,
	since: 10,
	reason: null,
	after: [],
	log: '/var/log/redis.log',
};
const web: ServiceStatus = {
	name: 'web',
	state: 'waiting',
	ready: false,
	pid: null,
	restarts: 2,
	since: 70,
	reason: 'waits for redis',
	after: ['redis'],
	log: '/var/log/web.log',
};

test('listTable() has one line for each service', (t) => {
	t.deepEqual(listTable([redis, web], 75.9).split('\n'), [
		'NAME   STATE    PID  RESTARTS  SINCE      REASON',
		'redis  running  312  0         1 min 5 s',
		'web    waiting  -    2         5 s        waits for redis',
		'',
	]);
});

test('listTable() and statusText() say of a service whose probe has not succeeded that it is not ready yet', (t) => {
	const probed = { ...redis, ready: false };
	t.regex(listTable([probed], 75.9), /^redis +running +312 +0 +1 min 5 s +not ready yet$/m);
	t.regex(statusText(probed, 75.9), /^ +state +running, for 1 min 5 s\n +reason +not ready yet$/m);
	t.notRegex(listTable([{ ...probed, state: 'starting' }], 75.9), /not ready yet/);
});

test('statusText() has a line for each known value', (t) => {
	t.deepEqual(statusText(redis, 75.9).split('\n').slice(0, 3), [
		'redis',
		'  state     running, for 1 min 5 s',
		'  pid       312',
	]);
	t.regex(statusText(web, 75.9), /reason +waits for redis\n.*\n? +restarts +2\n +after +redis\n/);
	t.notRegex(statusText(redis, 75.9), /apparmor/);
	t.regex(
		statusText({ ...redis, apparmor: 'slipway-default (enforce)' }, 75.9),
		/apparmor +slipway-default \(enforce\)\n/,
	);
});

/** OSC (a window title), CSI, the same as one character, and an override of the direction of text. */
const attack = 'a\u001b]0;title\u0007b\u001b[2Jc\u009b2Jd\u202ee\nf';
const harmless = 'a ]0;title b [2Jc 2Jd e f';

test('terminal injection: tables, status and events show no control or format characters', (t) => {
	const bad: ServiceStatus = { ...redis, name: attack, reason: attack, log: attack };
	t.regex(
		listTable([bad], 75.9),
		new RegExp(`^${RegExp.escape(harmless)} .* ${RegExp.escape(harmless)}$`, 'm'),
	);
	t.deepEqual(statusText(bad, 75.9).split('\n'), [
		harmless,
		'  state     running, for 1 min 5 s',
		`  reason    ${harmless}`,
		'  pid       312',
		'  restarts  0',
		`  log       ${harmless}`,
		'',
	]);
	const event = at(1.5, { event: 'service', name: attack, state: 'running' }, 'a\u001b[2J\u009b\n\tb');
	t.is(eventLine(event), `[     1.500] ${harmless} a [2J \n\tb\n`);
	const failed = at(2, { event: 'onboot', name: attack, state: 'done', durationMs: 1000 });
	t.notRegex(bootText(bootReport([failed], new Map())), /(?!\n)[\p{Cc}\p{Cf}]/u);
});

test('shortenLines() ends a shortened line in an ellipsis', (t) => {
	t.is(shortenLines('12345\n123456\n', 5), '12345\n1234…\n');
});

const ages = test.macro({
	exec: (t, seconds: number, expected: string) => t.is(formatAge(seconds), expected),
	title: (_, seconds) => `formatAge() of ${seconds} s`,
});
test(ages, 0, '0 s');
test(ages, -1, '0 s');
test(ages, 59.9, '59 s');
test(ages, 60, '1 min');
test(ages, 3661, '1 h 1 min');
test(ages, 90_000, '1 d 1 h');

const at = (seconds: number, event: GuestEvent, msg = 'x'): GuestEventLine => ({
	...event,
	at: seconds,
	msg,
});

test('eventLine() names the subject', (t) => {
	const line = eventLine(at(1.5, { event: 'service', name: 'redis', state: 'running' }, 'running, pid 3'));
	t.is(line, '[     1.500] redis            running, pid 3\n');
});

const boot: readonly GuestEventLine[] = [
	at(1, { event: 'init', resumed: false, version: 'v1' }),
	at(1.5, { event: 'stage', stage: 'root', state: 'done', durationMs: 400 }),
	at(1.6, { event: 'stage', stage: 'volumes', state: 'skipped', durationMs: 0 }),
	at(1.6, { event: 'onboot', name: '000-dhcpcd', state: 'started' }),
	at(4.6, { event: 'onboot', name: '000-dhcpcd', state: 'done', durationMs: 3000 }),
	at(5, { event: 'service', name: 'database', state: 'starting' }),
	at(5, { event: 'service', name: 'other', state: 'starting' }),
	at(5.2, { event: 'service', name: 'other', state: 'running', ready: true }),
	at(6, { event: 'service', name: 'database', state: 'running', ready: true }),
	at(6, { event: 'service', name: 'web', state: 'starting' }),
	at(6.5, { event: 'service', name: 'web', state: 'running' }),
	at(7, { event: 'service', name: 'web', state: 'ready', ready: true }),
	at(7, { event: 'ready' }),
	at(20, { event: 'service', name: 'web', state: 'starting' }),
	at(21, { event: 'service', name: 'web', state: 'ready', ready: true }),
];

test('bootReport() finds the steps that readiness waited for', (t) => {
	const report = bootReport(boot, new Map([['web', ['database']]]));
	t.is(report.kernelSeconds, 1);
	t.is(report.readySeconds, 7);
	t.deepEqual(
		report.critical.map(({ name }) => name),
		['root', '000-dhcpcd', 'database', 'web'],
	);
	t.like(
		report.steps.find(({ name }) => name === 'web'),
		{ from: 6, to: 7 },
	);
	t.is(report.steps.filter(({ name }) => name === 'web').length, 1, 'a later restart is no part of the boot');
});

test('bootReport() puts containerd into the chain only when the onboot containers ended before it', (t) => {
	const withContainerd = (seconds: number): readonly string[] => {
		const answers = at(seconds, { event: 'stage', stage: 'containerd', state: 'done', durationMs: 500 });
		const again = at(30, { event: 'stage', stage: 'containerd', state: 'done', durationMs: 700 });
		const report = bootReport(
			[...boot, answers, again].toSorted((a, b) => a.at - b.at),
			new Map(),
		);
		t.is(
			report.steps.filter(({ name }) => name === 'containerd').length,
			1,
			'a later start is no part of the boot',
		);
		return report.critical.map(({ name }) => name);
	};
	t.deepEqual(withContainerd(3), ['root', '000-dhcpcd', 'web']);
	t.deepEqual(withContainerd(4.8), ['root', '000-dhcpcd', 'containerd', 'web']);
});

test('bootText() marks the chain and names its longest part', (t) => {
	const text = bootText(bootReport(boot, new Map([['web', ['database']]])));
	t.regex(text, /^\* {2}onboot 000-dhcpcd {2}3\.000 s {2}1\.600 s$/m);
	t.regex(text, /^ {3}service other/m);
	t.regex(text, /Ready 7\.000 s after the kernel's start\..*most of all 000-dhcpcd \(3\.000 s\)\./);
	t.regex(bootText(bootReport(boot.slice(0, 6), new Map())), /The system is not ready/);
});

test('shown() colours states where that is wanted, and cuts nothing where the size of a terminal is not known', (t) => {
	const text = listTable([redis, web], 100);
	t.is(shown(text, {}), text);
	t.is(shown(text, { columns: 20 }), shortenLines(text, 20));
	const painted = shown(text, { wantsColour: true });
	const [running, waiting] = [styled('running', 'good'), styled('waiting', 'busy')];
	t.true(painted.includes(`\nredis  ${running}`) && painted.includes(`\nweb    ${waiting}`));
	t.is(painted.replace(running, 'running').replace(waiting, 'waiting'), text);
});
