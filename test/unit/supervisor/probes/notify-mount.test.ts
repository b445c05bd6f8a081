import test from 'ava';
import type { Mount } from '../../../../supervisor/contract/runtime-config.ts';
import { notifyEnvironment, notifyMount } from '../../../../supervisor/probes/notify-mount.ts';

const folder = '/run/slipway/notify/redis';
const dev = (type: string): Mount => ({ destination: '/dev', type, source: '/dev', options: [] });

const lands = test.macro({
	exec(t, mounts: readonly Mount[], expected: string) {
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
