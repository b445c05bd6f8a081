import test from 'ava';
import { type JsonRecord, ShapeError } from '../../../../supervisor/contract/json-shape.ts';
import {
	notifyEnvironment,
	notifyMount,
	withNotifySocket,
} from '../../../../supervisor/probes/notify-mount.ts';

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

test('notifyEnvironment() tells the socket, and the watchdog where there is one', (t) => {
	const mount = notifyMount([dev('tmpfs')], folder);
	t.deepEqual(notifyEnvironment(mount, null), ['NOTIFY_SOCKET=/dev/slipway-notify/socket']);
	t.deepEqual(notifyEnvironment(mount, 10_000), [
		'NOTIFY_SOCKET=/dev/slipway-notify/socket',
		'WATCHDOG_USEC=10000000',
	]);
});

test('withNotifySocket() adds both, and keeps the rest', (t) => {
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
