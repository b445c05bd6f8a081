// Tests with real senders: perl in the pid namespace of a stand-in for a container.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
	isMember,
	membershipOf,
	type NotifySocket,
	openNotifySocket,
} from '../../../../supervisor/probes/notify-socket.ts';
import { startProbe } from '../../../../supervisor/probes/start-probe.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { failureOf } from '../../../unit/native/failure-of.ts';
import { type ContainerStandIn, startStandIn } from './container-stand-in.ts';

const native = await openAddon();
const noSuchPid = 2 ** 22 + 1;

/** Sends each text, reports it, and stays until its stdin ends; a text `x*N` is N bytes. */
const sendScript = `use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; my ($path, @texts) = @ARGV; $| = 1;
	for (@texts) { s/^x\\*(\\d+)$/"x" x $1/e; send(S, $_, 0, pack_sockaddr_un($path)) // die $! }
	print "sent\\n"; <STDIN>`;

interface Notified {
	readonly notify: NotifySocket;
	readonly path: string;
	readonly troubles: string[];
	readonly container: ContainerStandIn;
	/** Resolves when all is sent. */
	send(...texts: readonly string[]): Promise<ChildProcess>;
	/** Resolves when the socket has taken this many messages, good or bad. */
	taken(count: number): Promise<void>;
}

async function openNotify(t: ExecutionContext): Promise<Notified> {
	const container = await startStandIn(t, 'echo up; exec cat');
	const folder = join(scratchFolder(), 'n/service');
	const troubles: string[] = [];
	let messages = 0;
	const notify = openNotifySocket(native, folder, (reason) => troubles.push(reason));
	notify.subscribe(() => messages++);
	t.teardown(() => notify.close());
	const path = join(folder, 'socket');
	return {
		notify,
		path,
		troubles,
		container,
		async send(...texts) {
			const inside = ['--target', String(container.process.pid), '--pid'];
			const sender = spawn('nsenter', [...inside, 'perl', '-e', sendScript, path, ...texts], {
				stdio: ['pipe', 'pipe', 'inherit'],
			});
			t.teardown(() => void sender.stdin.end());
			await once(sender.stdout, 'data');
			return sender;
		},
		async taken(count) {
			await eventually(() => messages + troubles.length >= count, { pauseMs: 5 });
		},
	};
}

test('openNotifySocket() keeps the state that a service sends, also before attend()', async (t) => {
	const { notify, container, send, taken, troubles } = await openNotify(t);
	await send('READY=1\nSTATUS=early', 'STATUS=later\nERRNO=5', 'RELOADING=1');
	notify.attend(container.process.pid);
	await taken(3);
	t.deepEqual(troubles, []);
	t.deepEqual(notify.state(), { ready: true, reloading: true, stopping: false, status: 'later', errno: 5 });
	await send('READY=1', 'STOPPING=1');
	await taken(5);
	t.like(notify.state(), { ready: true, reloading: false, stopping: true });
	notify.attend(container.process.pid);
	t.like(notify.state(), { ready: false, stopping: false, status: null });
});

test('openNotifySocket(): garbage, partial and huge messages are harmless', async (t) => {
	const { notify, container, send, taken, troubles } = await openNotify(t);
	notify.attend(container.process.pid);
	await send('', 'READ', '\x01\xff=\n==', 'x*4097', 'x*60000', 'STATUS=well');
	await taken(5);
	t.deepEqual(troubles, ['more than 4096 bytes']);
	t.deepEqual(notify.state(), {
		ready: false,
		reloading: false,
		stopping: false,
		status: 'well',
		errno: null,
	});
});

test('openNotifySocket(): a sender that has ended does not count', async (t) => {
	const { notify, container, send, taken, troubles } = await openNotify(t);
	const sender = await send('READY=1');
	sender.stdin?.end();
	await once(sender, 'exit');
	notify.attend(container.process.pid);
	await taken(1);
	t.regex(troubles.join(), /^process \d+ is gone or in another container$/);
	t.false(notify.state().ready);
});

test('openNotifySocket() replaces the socket of an earlier PID 1, for root and the container only', async (t) => {
	const { notify, path, container, send } = await openNotify(t);
	const again = openNotifySocket(native, join(path, '..'), () => {});
	t.teardown(() => again.close());
	const mode = (place: string) => statSync(place).mode & 0o777;
	t.deepEqual([mode(path), mode(join(path, '..')), mode(join(path, '../..'))], [0o666, 0o755, 0o700]);
	let received = 0;
	again.subscribe(() => received++);
	again.attend(container.process.pid);
	notify.attend(container.process.pid);
	await send('READY=1');
	await eventually(() => received > 0, { pauseMs: 5 });
	t.false(notify.state().ready);
});

test('openNotifySocket() reports a path that is too long', (t) => {
	const folder = join(scratchFolder(), 'n', 'x'.repeat(100));
	t.is(
		failureOf(() => openNotifySocket(native, folder, () => {})),
		`bind ${folder}/socket: ENAMETOOLONG`,
	);
});

test('openNotifySocket() stops reading from a socket that fails, and reports it', async (t) => {
	const troubles: string[] = [];
	let calls = 0;
	const failing = {
		...native,
		receiveDatagram() {
			calls++;
			throw new Error('recvmsg: no memory');
		},
	};
	const { container, send, path, notify: other } = await openNotify(t);
	other.close();
	const notify = openNotifySocket(failing, join(path, '..'), (reason) => troubles.push(reason));
	t.teardown(() => notify.close());
	notify.attend(container.process.pid);
	await send('READY=1');
	await eventually(() => troubles.length > 0, { pauseMs: 5 });
	for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
	t.deepEqual([calls, troubles], [1, ['recvmsg: no memory']]);
});

test('attack: a service that sends without end has a few messages read at a time, and PID 1 rests between', async (t) => {
	let calls = 0;
	const endless = {
		...native,
		receiveDatagram() {
			calls++;
			return { bytes: Buffer.from('STATUS=x'), cutShort: false, pid: noSuchPid, uid: 0, gid: 0 };
		},
	};
	const { container, send, path, notify: other } = await openNotify(t);
	other.close();
	const notify = openNotifySocket(endless, join(path, '..'), () => undefined);
	t.teardown(() => notify.close());
	notify.attend(container.process.pid);
	await send('READY=1');
	await eventually(() => calls > 0, { pauseMs: 5 });
	const enough = calls + 3 * 16;
	let turns = 0;
	for (; calls < enough; turns++) await new Promise(setImmediate);
	// Without a rest each turn of the event loop reads some.
	t.true(turns > 30, `${turns} turns`);
	t.is(calls % 16, 0);
});

test('NotifySocket.close() leaves no socket, and is idempotent', async (t) => {
	const { notify, path, container } = await openNotify(t);
	notify.attend(container.process.pid);
	notify.close();
	notify.close();
	t.false(existsSync(path));
});

const result = (notified: Notified, purpose: 'ready' | 'health', intervalMs: number): Promise<string> =>
	new Promise((resolve) => {
		const probe = { how: { notify: true }, intervalMs, timeoutMs: 1, retries: 1 } as const;
		const run = () => Promise.reject(new Error('not in this test'));
		const { notify } = notified;
		const { process } = notified.container;
		const target = { purpose, notify, process, container: { run }, spec: {} };
		const running = startProbe(probe, target, { native, now: () => performance.now() }, (probed) => {
			running.stop();
			resolve(probed.works ? 'works' : probed.reason);
		});
	});

test('startProbe() of notify: READY=1 before and after the start', async (t) => {
	const notified = await openNotify(t);
	notified.notify.attend(notified.container.process.pid);
	const later = result(notified, 'ready', 20_000);
	await notified.send('READY=1');
	t.is(await later, 'works');
	t.is(await result(notified, 'ready', 20_000), 'works');
});

test('startProbe() of notify: no READY=1', async (t) => {
	const notified = await openNotify(t);
	notified.notify.attend(notified.container.process.pid);
	t.regex(await result(notified, 'ready', 20), /^notify: no READY=1 in \d+ ms$/);
});

test('startProbe() of notify: WATCHDOG=1, and its absence', async (t) => {
	const notified = await openNotify(t);
	notified.notify.attend(notified.container.process.pid);
	const alive = result(notified, 'health', 20_000);
	await notified.send('WATCHDOG=1');
	t.is(await alive, 'works');
	t.is(await result(notified, 'health', 20), 'notify: no WATCHDOG=1 in 20 ms');
});

test("membershipOf() names the pid namespace only when it is not PID 1's", async (t) => {
	const { process: container } = await startStandIn(t, 'echo up; exec cat');
	t.is(membershipOf(process.pid)?.pidNamespace, null);
	t.is(membershipOf(container.pid)?.pidNamespace, readlinkSync(`/proc/${container.pid}/ns/pid`));
	t.is(membershipOf(noSuchPid), null);
});

test('isMember() compares the pid namespace or the cgroups', async (t) => {
	const { process: container } = await startStandIn(t, 'echo up; exec cat');
	const pidNamespace = readlinkSync(`/proc/${container.pid}/ns/pid`);
	const elsewhere = ['0::/slipway-nowhere'];
	t.true(isMember(container.pid, { pidNamespace, cgroups: elsewhere }));
	t.false(isMember(process.pid, { pidNamespace, cgroups: elsewhere }));
	t.false(isMember(noSuchPid, { pidNamespace, cgroups: elsewhere }));
	// The container has no cgroup of its own: all processes are in the root.
	t.false(isMember(process.pid, { pidNamespace, cgroups: [] }));
	const { cgroups } = membershipOf(process.pid) ?? { cgroups: [] };
	t.is(isMember(process.pid, { pidNamespace: null, cgroups }), cgroups.length > 0);
	const deeper = cgroups.map((line) => `${line}/below`);
	t.false(isMember(process.pid, { pidNamespace: null, cgroups: [...deeper, ...elsewhere] }));
	// A name with the same beginning as the container's.
	const shorter = cgroups.map((line) => line.slice(0, -1));
	t.false(isMember(process.pid, { pidNamespace: null, cgroups: [...shorter, ...elsewhere] }));
});
