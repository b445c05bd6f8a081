import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { MachineRequest } from '../../../../tools/machine/describe-machine.ts';
import {
	type MachineBases,
	machineBases,
	machineFiles,
} from '../../../../tools/machine/machine-directories.ts';
import { writeRecord } from '../../../../tools/machine/machine-record.ts';
import {
	claimMachine,
	findMachine,
	findRunningMachine,
	listMachines,
	listUnreadMachines,
	type MachineEntry,
	removeMachine,
} from '../../../../tools/machine/machine-state.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { startSilentQemu } from './silent-qemu.ts';
import { smallRequest } from './small-request.ts';

const request: MachineRequest = { ...smallRequest, name: '/systems/web' };

function ownBases(): MachineBases {
	const folder = scratchFolder();
	return machineBases({ XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') });
}

async function claim(bases: MachineBases, name: string | null, attached = false): Promise<MachineEntry> {
	return await claimMachine(
		bases,
		{ name, defaultName: 'web', request, attached, keepsLogs: false },
		new Set(),
	);
}

const startQemu = async ({ place }: MachineEntry) => await startSilentQemu(machineFiles(place).qmp);

test('claimMachine() gives each of many claims at once a name of its own', async (t) => {
	const bases = ownBases();
	const claimed = await Promise.all(Array.from({ length: 5 }, () => claim(bases, null)));
	const names = claimed.map(({ record }) => record.name).toSorted();
	t.deepEqual(names, ['web', 'web-2', 'web-3', 'web-4', 'web-5']);
	t.deepEqual(
		listMachines(bases).map(({ record, isUp, pid }) => [record.name, isUp, pid]),
		names.map((name) => [name, true, null]),
	);
});

test('claimMachine() refuses a name that runs, and replaces an ended machine', async (t) => {
	const bases = ownBases();
	const first = await claim(bases, 'db');
	await t.throwsAsync(claim(bases, 'db'), { message: /named db runs already/ });
	writeRecord(first.place, { ...first.record, started: true });
	writeFileSync(machineFiles(first.place).consoleLog, 'old');
	const second = await claim(bases, 'db');
	t.false(existsSync(machineFiles(second.place).consoleLog));
});

test('a machine whose command was killed before QEMU ran has ended', async (t) => {
	const bases = ownBases();
	const { place, record } = await claim(bases, null);
	writeRecord(place, { ...record, starter: record.starter.replace(/\d+$/, '1') });
	t.like(findMachine(bases, 'web'), { isUp: false, pid: null });
	t.is((await claim(bases, null)).record.name, 'web');
});

test('a machine runs as long as its QEMU, whatever became of the command', async (t) => {
	const bases = ownBases();
	const entry = await claim(bases, null);
	// The command was killed after it had started QEMU, and before it wrote so.
	writeRecord(entry.place, { ...entry.record, starter: '' });
	const qemu = await startQemu(entry);
	t.teardown(() => qemu.kill('SIGKILL'));
	t.like(findRunningMachine(bases, null), { pid: qemu.pid, isUp: true });
	t.is((await claim(bases, null)).record.name, 'web-2');
	qemu.kill('SIGKILL');
	await once(qemu, 'exit');
	t.like(findMachine(bases, 'web'), { pid: null, isUp: false });
	t.throws(() => findRunningMachine(bases, 'web'), { message: /web does not run/ });
	t.throws(() => findRunningMachine(bases, null), { message: /No machine runs/ });
});

test('findRunningMachine() asks for a name when several run', async (t) => {
	const bases = ownBases();
	for (const name of ['a', 'b']) {
		const qemu = await startQemu(await claim(bases, name));
		t.teardown(() => qemu.kill('SIGKILL'));
	}
	t.throws(() => findRunningMachine(bases, null), {
		message: /Several machines run: a, b\. Say which one, such as a\.$/,
	});
	t.is(findRunningMachine(bases, 'b').record.name, 'b');
});

test('listUnreadMachines() has what is no record of this version, listMachines() has not', async (t) => {
	const bases = ownBases();
	const { place, record } = await claim(bases, null);
	const { request: asked, ...withoutRequest } = record;
	const { ended: _, ...withoutEnd } = record;
	const others = [
		{ ...record, name: 'other' },
		withoutRequest,
		withoutEnd,
		{ ...record, request: { ...asked, publish: null } },
	].map((each) => JSON.stringify(each));
	for (const text of ['', '{', '[]', '{"version":2}', ...others]) {
		writeFileSync(machineFiles(place).record, text);
		t.deepEqual(listMachines(bases), []);
		const unread =
			text === '{"version":2}' ? 'was started by another version of slipway' : 'has a damaged record';
		t.deepEqual(listUnreadMachines(bases), [{ name: 'web', place, pid: null, unread }]);
		t.throws(() => findMachine(bases, 'web'), {
			message: `The machine web ${unread}. This version of slipway can only remove it: slipway rm web`,
		});
	}
	rmSync(machineFiles(place).record);
	t.deepEqual(listUnreadMachines(bases), []);
	t.throws(() => findMachine(bases, 'web'), { message: /no machine named web: none was started/ });
});

test('claimMachine() takes no name of a machine that runs under another version', async (t) => {
	const bases = ownBases();
	const entry = await claim(bases, 'web');
	const qemu = await startQemu(entry);
	t.teardown(() => qemu.kill('SIGKILL'));
	writeFileSync(machineFiles(entry.place).record, '{"version":2}');
	t.like(listUnreadMachines(bases), [{ name: 'web', pid: qemu.pid }]);
	await t.throwsAsync(claim(bases, 'web'), { message: /named web runs already/ });
	t.is((await claim(bases, null)).record.name, 'web-2');
	t.throws(() => findMachine(bases, 'web'), { message: /can only remove it: slipway rm --force web$/ });
});

test('removeMachine() leaves nothing', async (t) => {
	const bases = ownBases();
	const entry = await claim(bases, null);
	t.regex(readFileSync(machineFiles(entry.place).record, 'utf8'), /"name": "web"/);
	removeMachine(entry);
	t.false(existsSync(entry.place.state) || existsSync(entry.place.runtime));
});
