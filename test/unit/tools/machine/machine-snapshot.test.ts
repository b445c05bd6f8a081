import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { machineFiles } from '../../../../tools/machine/machine-directories.ts';
import type { MachineRecord } from '../../../../tools/machine/machine-record.ts';
import { conditionOf, readSnapshot } from '../../../../tools/machine/machine-snapshot.ts';
import type { MachineEntry } from '../../../../tools/machine/machine-state.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const init = { at: 1, event: 'init', resumed: false, version: '1', msg: 'init' };
const ready = { at: 2, event: 'ready', msg: 'every service runs' };
const off = { at: 3, event: 'shutdown', action: 'poweroff', timeoutMs: 1, msg: 'poweroff' };
const reboot = { ...off, action: 'reboot' };
const failed = { at: 2, event: 'service', name: 'web', state: 'failed', msg: 'no such program' };
const first = '[    0.000000] Linux version 6.1\r\n';
const panic = '[    1.0] Kernel panic - not syncing: gone\r\n';
const halted = '[    9.0] reboot: System halted\r\n';

/** More than the part of the log that is read. */
const many = Array.from({ length: 6000 }, () => ({
	...{ at: 4, event: 'stage', stage: 'modules', state: 'done' },
	msg: `"event":"init" "event":"ready" ${'x'.repeat(1000)}`,
}));

interface Case {
	readonly pid: number | null;
	readonly events: readonly object[];
	readonly console?: string;
	readonly record?: Partial<MachineRecord>;
	readonly expected: readonly [state: string, detail: string, exitCode: number | null];
}

const cases: Readonly<Record<string, Case>> = {
	'a boot': { pid: 7, events: [init], expected: ['booting', 'it boots', null] },
	'a ready system': { pid: 7, events: [init, ready], expected: ['ready', 'every service runs', null] },
	'a boot in trouble': {
		pid: 7,
		events: [init, failed],
		expected: ['booting', 'service web: no such program', null],
	},
	'a ready system in trouble': {
		pid: 7,
		events: [init, ready, failed],
		expected: ['ready', 'service web: no such program', null],
	},
	'a ready system that has said very much since': {
		pid: 7,
		events: [init, ready, ...many],
		expected: ['ready', 'every service runs', null],
	},
	'a boot that has said very much': {
		pid: 7,
		events: [init, ...many],
		expected: ['booting', 'it boots', null],
	},
	'a boot that has said very much after a reboot': {
		pid: 7,
		events: [init, ready, reboot, init, ...many],
		console: `${first}[    9.0] reboot: Restarting system\r\n${first}`,
		expected: ['booting', 'it boots', null],
	},
	'a resumed PID 1 that has said very much': {
		pid: 7,
		events: [init, ready, { ...init, resumed: true }, ...many],
		expected: ['ready', 'every service runs', null],
	},
	'a second boot after a reboot': {
		pid: 7,
		events: [init, ready, reboot, init],
		console: `${first}[    9.0] reboot: Restarting system\r\n${first}`,
		expected: ['booting', 'it boots', null],
	},
	'a boot after a panic': {
		pid: 7,
		events: [init, ready, init],
		console: first + panic + first,
		expected: ['booting', 'it boots', null],
	},
	'a panic': {
		pid: 7,
		events: [init],
		console: first + panic,
		expected: ['lost', 'its kernel panicked: gone', null],
	},
	'a shutdown': { pid: 7, events: [init, ready, off], expected: ['stopping', 'it shuts down', null] },
	'a halted guest': {
		pid: 7,
		events: [init, ready, { ...off, action: 'halt' }],
		console: first + halted,
		expected: ['halted', 'halted', null],
	},
	'a power-off': { pid: null, events: [init, ready, off], expected: ['ended', 'powered off', 0] },
	'a QEMU that was killed': {
		pid: null,
		events: [init, ready],
		expected: ['ended', 'QEMU ended without a shutdown of the guest', 1],
	},
	'a machine that a command ended': {
		pid: null,
		events: [init, ready, off],
		record: { ended: 'killed' },
		expected: ['ended', 'killed', 1],
	},
	'a machine that was not started': {
		pid: null,
		events: [],
		record: { started: false },
		expected: ['ended', 'it was not started', 1],
	},
};

for (const [title, { pid, events, console = first, record, expected }] of Object.entries(cases)) {
	test(`conditionOf() of ${title}`, (t) => {
		const folder = scratchFolder();
		const place = { runtime: join(folder, 'r'), state: join(folder, 's') };
		for (const path of Object.values(place)) mkdirSync(path);
		writeFileSync(machineFiles(place).consoleLog, console);
		const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
		writeFileSync(machineFiles(place).eventLog, lines);
		const entry = {
			place,
			pid,
			isUp: pid !== null,
			record: { started: true, ended: null, ...record },
		} as unknown as MachineEntry;
		const { state, detail, exitCode } = conditionOf(entry, readSnapshot(entry));
		t.deepEqual([state, detail, exitCode], [...expected]);
	});
}

test('readSnapshot() of a machine without logs is empty', (t) => {
	const startedAt = '2026-01-02T03:04:05.000Z';
	const place = { runtime: '/nowhere', state: '/nowhere' };
	const entry = { place, record: { startedAt } } as unknown as MachineEntry;
	t.like(readSnapshot(entry), { events: [], lastLines: '', lastSignAt: new Date(startedAt) });
});

test('readSnapshot() looks behind the part of the log that was freed', (t) => {
	const folder = scratchFolder();
	const place = { runtime: join(folder, 'r'), state: join(folder, 's') };
	for (const path of Object.values(place)) mkdirSync(path);
	const { consoleLog, eventLog } = machineFiles(place);
	writeFileSync(consoleLog, first);
	const text = (events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
	writeFileSync(eventLog, text([init, ready]));
	truncateSync(eventLog, 3e8);
	appendFileSync(eventLog, `\n${text(many)}`);
	const entry = {
		place,
		pid: 7,
		isUp: true,
		record: { started: true, ended: null },
	} as unknown as MachineEntry;
	t.is(conditionOf(entry, readSnapshot(entry)).state, 'ready');
});
