import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import ava from 'ava';
import type { ChildExit, Native } from '../../../../native/native.ts';
import { startServiceProcess } from '../../../../supervisor/channel/service-process.ts';
import {
	channelKinds,
	type Frame,
	type OpenRequest,
	windowBytes,
} from '../../../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../../../supervisor/contract/frame-reader.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { exited, fakeChildren } from '../../../helpers/fake-children.ts';

// They count the descriptors of the process.
const test = ava.serial;
let addon: Native;

ava.before(async () => {
	addon = await openAddon();
	openDescriptors();
});

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
const onPipes: OpenRequest = { args: ['list'], terminal: null };
const onTerminal: OpenRequest = { args: ['list'], terminal: { rows: 1, columns: 1, type: 'xterm' } };

const emfile = (): never => {
	throw new Error('EMFILE');
};

const leavesNothing = ava.macro({
	exec(t, request: OpenRequest, broken: (native: Native) => Native, onStart: () => Promise<never>) {
		const before = openDescriptors();
		const { children } = fakeChildren(onStart);
		t.throws(
			() =>
				startServiceProcess({ native: broken(addon), children, send: () => t.fail() }, 1, request, () =>
					t.fail(),
				),
			{ message: 'EMFILE' },
		);
		t.is(openDescriptors(), before);
	},
	title: (what) => `startServiceProcess() leaves no descriptor when it can't be had: ${what}`,
});

const forever = (): Promise<never> => new Promise(() => undefined);
for (const [index, what] of ['the first', 'the second', 'the third'].entries()) {
	let calls = 0;
	const pipe = (): [number, number] => (calls++ === index ? emfile() : addon.pipe());
	test(`${what} pipe`, leavesNothing, onPipes, (native) => ({ ...native, pipe }), forever);
}
test('a process', leavesNothing, onPipes, (native) => native, emfile);
test(
	'the other end of a terminal',
	leavesNothing,
	onTerminal,
	(native) => ({ ...native, openTerminalPeer: emfile }),
	forever,
);
test('a process for a terminal', leavesNothing, onTerminal, (native) => native, emfile);

/** A command whose process ends when the test says so. */
function startCommand(request: OpenRequest = onPipes, onStart: (stdout: number) => void = () => undefined) {
	const reader = createFrameReader(true);
	const frames: Frame[] = [];
	const signals: number[] = [];
	const over = Promise.withResolvers<Omit<ChildExit, 'pid'>>();
	const { children } = fakeChildren(({ stdio }) => {
		onStart(stdio?.[1] ?? -1);
		return over.promise;
	});
	const native = { ...addon, kill: (_pid: number, signal: number) => void signals.push(signal) };
	let ends = 0;
	const send = (bytes: Buffer): void => void frames.push(...reader.add(bytes));
	const command = startServiceProcess({ native, children, send }, 7, request, () => {
		ends += 1;
	});
	return { command, frames, signals, over, ends: () => ends };
}

test('startServiceProcess() sends the exit code when the process has ended', async (t) => {
	const { frames, over, ends } = startCommand();
	over.resolve(exited(3));
	await eventually(() => ends() === 1);
	t.like(frames.at(-1), { kind: channelKinds.exit, stream: 7, code: 3 });
});

for (const [what, request] of [
	['on pipes', onPipes],
	['on a terminal', onTerminal],
] as const) {
	test(`startServiceProcess(): a command ${what} that is reset has ended when its process has`, async (t) => {
		const before = openDescriptors();
		const { command, frames, signals, over, ends } = startCommand(request);
		command.reset();
		await setImmediate();
		t.deepEqual([signals, ends()], [[1], 0]);
		over.resolve(exited(0));
		await eventually(() => ends() === 1);
		t.deepEqual(frames, []);
		t.is(openDescriptors(), before);
	});
}

test('startServiceProcess(): a command whose host reads no more, and resets, has ended with its process', async (t) => {
	let stdout = -1;
	const { command, frames, over, ends } = startCommand(onPipes, (fd) => {
		stdout = openSync(`/proc/self/fd/${fd}`, 'w');
	});
	const pipeful = Buffer.alloc(64 * 1024);
	for (let sent = 0; sent <= windowBytes; sent += pipeful.length) {
		await eventually(() => frames.reduce((sum, { payload }) => sum + payload.length, 0) === sent);
		writeSync(stdout, pipeful);
	}
	closeSync(stdout);
	over.resolve(exited(0));
	await setImmediate();
	t.is(ends(), 0);
	command.reset();
	await eventually(() => ends() === 1);
	t.false(frames.some(({ kind }) => kind === channelKinds.exit));
});
