import test from 'ava';
import { type JsonRecord, ShapeError } from '../../../../supervisor/contract/json-shape.ts';
import {
	type NotifyMessage,
	notifyEnvironment,
	notifyMount,
	parseNotifyMessage,
	withNotifySocket,
} from '../../../../supervisor/probes/notify-protocol.ts';

const means = test.macro({
	exec(t, text: string | Buffer, expected: NotifyMessage) {
		t.deepEqual(parseNotifyMessage(Buffer.from(text)), expected);
	},
	title: (name, text) => `parseNotifyMessage() of ${name ?? JSON.stringify(String(text))}`,
});

test(means, 'READY=1', { ready: true });
test(means, 'READY=1\nSTATUS=Ready to serve\nMAINPID=77\n', { ready: true, status: 'Ready to serve' });
test(means, 'RELOADING=1\nMONOTONIC_USEC=12', { reloading: true });
test(means, 'STOPPING=1', { stopping: true });
test(means, 'WATCHDOG=1', { watchdog: 'alive' });
test(means, 'WATCHDOG=trigger', { watchdog: 'trigger' });
test(means, 'WATCHDOG_USEC=20000001', { watchdogMs: 20_001 });
test(means, 'EXTEND_TIMEOUT_USEC=5000000', { extendTimeoutMs: 5000 });
test(means, 'ERRNO=2', { errno: 2 });
test(means, 'STATUS=a=b', { status: 'a=b' });
test(means, 'STATUS=', { status: '' });
test(means, 'READY=1\nREADY=0', { ready: true });

test('nothing:', means, '', {});
test(means, 'READY=0', {});
test(means, 'READY', {});
test(means, '=1', {});
test(means, 'READY=1 ', {});
test(means, 'ready=1', {});
test(means, 'WATCHDOG_USEC=-5', {});
test(means, 'WATCHDOG_USEC=0', {});
test(means, 'WATCHDOG_USEC=1e9', {});
test(means, 'ERRNO=minus', {});
test('more than the longest time:', means, `EXTEND_TIMEOUT_USEC=${'9'.repeat(400)}`, {
	extendTimeoutMs: 86_400_000,
});
test('an escape sequence for the terminal:', means, 'STATUS=\u001b[2Jred\u0007', { status: '[2Jred' });
test('a long status:', means, `STATUS=${'x'.repeat(4000)}`, { status: 'x'.repeat(256) });
test('garbage:', means, Buffer.from([0, 255, 254, 10, 61, 61, 10, 0]), {});
test('a name of an object:', means, '__proto__=1\nconstructor=1', {});

const folder = '/run/slipway/notify/redis';
const dev = (type: string): JsonRecord => ({ destination: '/dev', type, source: '/dev', strange: true });

const lands = test.macro({
	exec(t, mounts: readonly JsonRecord[], expected: string) {
		t.deepEqual(notifyMount(mounts, folder), {
			destination: expected,
			type: 'bind',
			source: folder,
			options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'],
		});
	},
	title: (name, _mounts, expected) => `notifyMount() ${name ?? ''}: ${expected}`,
});

test("in the container's own /dev", lands, [dev('tmpfs')], '/dev/slipway-notify');
test("where /dev is the host's", lands, [dev('bind')], '/.slipway-notify');
test("where the host's /dev covers its own", lands, [dev('tmpfs'), dev('bind')], '/.slipway-notify');
test('where there is no /dev', lands, [], '/.slipway-notify');

test('notifyEnvironment() names the socket, and the interval of a watchdog', (t) => {
	const mount = notifyMount([dev('tmpfs')], folder);
	t.deepEqual(notifyEnvironment(mount, null), ['NOTIFY_SOCKET=/dev/slipway-notify/socket']);
	t.deepEqual(notifyEnvironment(mount, 10_000), [
		'NOTIFY_SOCKET=/dev/slipway-notify/socket',
		'WATCHDOG_USEC=10000000',
	]);
});

test('withNotifySocket() adds mount and variables, and keeps the rest', (t) => {
	const mounts = [dev('tmpfs')];
	const spec = { process: { args: ['app'], env: ['A=1'] }, root: { path: 'rootfs' }, mounts };
	const mount = notifyMount(mounts, folder);
	t.deepEqual(withNotifySocket(spec, folder, 5), {
		process: { args: ['app'], env: ['A=1', ...notifyEnvironment(mount, 5)] },
		root: { path: 'rootfs' },
		mounts: [...mounts, mount],
	});
	t.throws(() => withNotifySocket({}, folder, null), {
		instanceOf: ShapeError,
		message: 'process must be an object',
	});
});
