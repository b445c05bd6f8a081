import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Readiness } from '../../../../init/boot/readiness.ts';
import { runStages } from '../../../../init/boot/run-stages.ts';
import { done, type Stage, skipped } from '../../../../init/boot/stage.ts';
import { stages } from '../../../../init/boot/stages.ts';
import { BootState } from '../../../../init/process/boot-state.ts';
import { deviceNumbers } from '../../../../init/root/copy-tree.ts';
import { parseStoredAttributes } from '../../../../init/root/stored-attributes.ts';
import type { Log } from '../../../../supervisor/context/log.ts';
import type { GuestEvent } from '../../../../supervisor/contract/events.ts';
import { parseKernelCommandLine } from '../../../../supervisor/contract/kernel-command-line.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

function setUp(stateFile: string) {
	const events: GuestEvent[] = [];
	const nothing = (): void => undefined;
	const log: Log = {
		debug: nothing,
		info: nothing,
		warn: nothing,
		error: nothing,
		show: nothing,
		event: (event) => void events.push(event),
	};
	const context = {
		native: createFakeNative().native,
		log,
		commandLine: parseKernelCommandLine(''),
		state: new BootState(stateFile),
		onInputDevice: nothing,
	};
	return {
		context,
		events,
		states: () => events.map((event) => ('state' in event ? event.state : event.event)),
	};
}

function stage(name: string, run: Stage['run'], more: Partial<Stage> = {}): Stage {
	return { name, fatal: false, timeoutMs: 50, run, ...more };
}

function temporaryFile(): { file: string; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-state-'));
	return { file: join(folder, 'state.json'), remove: () => rmSync(folder, { recursive: true }) };
}

const clock = (): number => 0;
const ignore = (): void => undefined;

test('runStages() runs all in order and logs each', async (t) => {
	const { file, remove } = temporaryFile();
	t.teardown(remove);
	const { context, states } = setUp(file);
	const table = [
		stage('one', () => done('')),
		stage('two', () => {
			throw new Error('broken');
		}),
		stage('three', () => Promise.resolve(skipped('nothing to do'))),
	];
	let rounds = 0;
	t.true(await runStages(table, context, clock, () => (rounds += 1)));
	t.deepEqual(states(), ['done', 'failed', 'skipped']);
	t.is(rounds, 3);
});

test('runStages() ends at a fatal stage that failed', async (t) => {
	const { file, remove } = temporaryFile();
	t.teardown(remove);
	const { context, states } = setUp(file);
	const fail = (): never => {
		throw new Error('broken');
	};
	const table = [stage('one', fail, { fatal: true }), stage('two', () => done(''))];
	t.false(await runStages(table, context, clock, ignore));
	t.deepEqual(states(), ['failed']);
});

test('runStages() goes on without a stage that takes too long', async (t) => {
	const { file, remove } = temporaryFile();
	t.teardown(remove);
	const { context, events } = setUp(file);
	const table = [stage('slow', () => new Promise(() => undefined)), stage('two', () => done(''))];
	t.true(await runStages(table, context, clock, ignore));
	t.like(events[0], { state: 'failed', reason: 'not done after 0.05 s; going on without it' });
	t.like(events[1], { state: 'done' });
});

test('runStages() continues after a crash', async (t) => {
	const { file, remove } = temporaryFile();
	t.teardown(remove);
	const ran: string[] = [];
	const table = [
		stage(
			'one',
			() => {
				ran.push('one');
				return done('');
			},
			{ resume: () => void ran.push('one again') },
		),
		stage('two', () => {
			ran.push('two');
			return done('');
		}),
	];
	await runStages(table.slice(0, 1), setUp(file).context, clock, ignore);
	await runStages(table, setUp(file).context, clock, ignore);
	t.deepEqual(ran, ['one', 'one again', 'two']);
});

test('BootState survives a restart, and a broken file', (t) => {
	const { file, remove } = temporaryFile();
	t.teardown(remove);
	const state = new BootState(file);
	state.shutdown = 'reboot';
	state.newRootMountId = 40;
	state.addResume(1.5);
	const after = new BootState(file);
	t.is(after.shutdown, 'reboot');
	t.is(after.newRootMountId, 40);
	t.deepEqual(after.addResume(2.5), [1.5, 2.5]);
	writeFileSync(file, '{"shutdown":"explode","stagesDone":[1],"ready":"yes"');
	t.is(new BootState(file).shutdown, null);
	writeFileSync(file, '{"shutdown":"explode","stagesDone":[1],"ready":"yes"}');
	t.false(new BootState(file).isStageDone('root'));
});

test('stages: the root is the only fatal one and comes first', (t) => {
	t.deepEqual(
		stages.map(({ name, fatal }) => (fatal ? `${name}!` : name)),
		[
			'root!',
			'mounts',
			'memory',
			'devices',
			'watchdog',
			'clock',
			'limits',
			'hostname',
			'loopback',
			'resolv.conf',
			'network',
			'volumes',
		],
	);
});

test('Readiness is reported once, when all services are ready', (t) => {
	let count = 0;
	const readiness = new Readiness(() => (count += 1));
	const note = (name: string, state: 'running' | 'ready' | 'backoff'): void =>
		readiness.note({
			event: 'service',
			name,
			state,
			...(state === 'ready' ? { ready: true } : {}),
		});
	note('redis', 'ready');
	note('sshd', 'backoff');
	t.is(count, 0, 'not before all were started');
	readiness.noteAllStarted();
	note('sshd', 'running');
	t.is(count, 0, 'nor while one only runs');
	t.deepEqual(readiness.missing(), ['sshd']);
	note('sshd', 'ready');
	t.is(count, 1, 'it may come later');
	note('sshd', 'backoff');
	note('sshd', 'ready');
	t.is(count, 1, 'once');
});

test('deviceNumbers() inverts makedev(3)', (t) => {
	t.deepEqual(deviceNumbers(0x0501), [5, 1]);
	t.deepEqual(deviceNumbers(0x00100801), [8, 257]);
});

test('parseStoredAttributes() leaves out lines that are no attributes', (t) => {
	const value = Buffer.from([1, 0, 2]);
	const text = [
		JSON.stringify({ path: 'bin/ping', name: 'security.capability', value: value.toString('base64') }),
		'{"path":"/x"}',
		'null',
		'{',
		'',
	].join('\n');
	t.deepEqual(parseStoredAttributes(text), [{ path: '/bin/ping', name: 'security.capability', value }]);
});
