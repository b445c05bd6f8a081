import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { identifyProcess } from '../../../../supervisor/process/process-identity.ts';
import {
	effectOfSignal,
	type SignalEffect,
	terminate,
	waitsForSignal,
} from '../../../../supervisor/process/terminate.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

const SIGTERM = 15;

interface Status {
	readonly pids?: string;
	readonly blocked?: string;
	readonly ignored?: string;
	readonly caught?: string;
}

const none = '0000000000000000';

/** Returns /proc/PID/status in the kernel's format (proc_pid_status(5)). */
function statusOf({ pids = '812\t1', blocked = none, ignored = none, caught = none }: Status): string {
	return `Name:\tapp\nPid:\t812\nNSpid:\t${pids}\nSigBlk:\t${blocked}\nSigIgn:\t${ignored}\nSigCgt:\t${caught}\n`;
}

const effect = test.macro({
	exec(t, _what: string, status: Status | null, expected: SignalEffect) {
		t.is(effectOfSignal(status === null ? '' : statusOf(status), SIGTERM), expected);
	},
	title: (_, what, __, expected) => `effectOfSignal() ${what}: ${expected}`,
});

test(effect, 'first of its namespace, without a handler', {}, 'dropped');
test(effect, 'with a handler', { caught: '0000000000004000' }, 'noticed');
test(effect, 'with every other handler', { caught: 'ffffffffffffbfff' }, 'dropped');
test(effect, 'with the signal blocked', { blocked: '0000000000004000' }, 'kept');
test(effect, 'with the signal ignored', { ignored: '0000000000004000' }, 'dropped');
test(effect, 'first of a nested namespace', { pids: '812\t7\t1' }, 'dropped');
test(effect, 'second of its namespace', { pids: '812\t2' }, 'noticed');
test(effect, 'in our namespace', { pids: '812' }, 'noticed');
test(effect, 'a process that is gone', null, 'noticed');

test('waitsForSignal() recognizes a process in sigwait(3) by its system call', (t) => {
	t.true(waitsForSignal('128 0x7ffd 0x0 0x0 0x8 0x0 0x0 0x7ffc 0x7f01\n', processors.amd64));
	t.true(waitsForSignal('137 0x7ffd 0x0 0x0 0x8 0x0 0x0 0x7ffc 0x7f01\n', processors.arm64));
	t.false(waitsForSignal('137 0x7ffd 0x0\n', processors.amd64), 'statfs(2)');
	t.false(waitsForSignal('running\n', processors.amd64));
	t.false(waitsForSignal('', processors.amd64));
});

test('terminate() sends SIGTERM at once to a process that notices it', async (t) => {
	const child = spawn('sleep', ['60']);
	t.teardown(() => child.kill('SIGKILL'));
	await once(child, 'spawn');
	const process = identifyProcess(child.pid ?? 0);
	if (process === null) throw new Error('it does not run');
	const { native, lines } = createFakeNative();
	const sent = terminate(native, process, () => true);
	t.deepEqual(lines(), [`kill ${process.pid} ${SIGTERM}`]);
	await sent;
});

test('terminate() sends nothing to a process that has ended, or when it is not wanted any more', async (t) => {
	const { native, lines } = createFakeNative();
	await terminate(native, { pid: process.pid, startTicks: 'another time' }, () => true);
	await terminate(native, { pid: process.pid, startTicks: '' }, () => false);
	t.deepEqual(lines(), []);
});
