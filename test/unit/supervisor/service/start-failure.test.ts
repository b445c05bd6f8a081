import test from 'ava';
import { ContainerdError } from '../../../../supervisor/containerd/containerd-process.ts';
import { GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { NetworkError } from '../../../../supervisor/network/container-network.ts';
import { isCutOff, startFailure } from '../../../../supervisor/service/start-failure.ts';

const create = '/containerd.services.tasks.v1.Tasks/Create';
const lost = new GrpcError('UNAVAILABLE', create, 'the connection to containerd was lost');
const down = new ContainerdError('exited with status 1', '/var/log/containerd.log');
const place = 'its program is /app in /services/app/rootfs';

const words: readonly (readonly [name: string, error: Error, expected: string])[] = [
	[
		'that is cut off from containerd',
		lost,
		'Tasks/Create: the connection to containerd was lost (UNAVAILABLE); containerd was to run /app',
	],
	[
		'without a containerd',
		down,
		'containerd is not running: exited with status 1; its log is /var/log/containerd.log; containerd was to run /app',
	],
	[
		'that containerd does not answer',
		new GrpcError('DEADLINE_EXCEEDED', create, 'no answer in 60 s'),
		`Tasks/Create: no answer in 60 s (DEADLINE_EXCEEDED); ${place}`,
	],
	[
		'of what is no program',
		new GrpcError('UNKNOWN', create, 'exec: "/app": denied'),
		`denied (exec: "/app"); ${place}`,
	],
	['that a runtime refuses', new GrpcError('UNKNOWN', create, 'no cgroup'), 'no cgroup'],
	[
		'without its network',
		new NetworkError('add a bridge', new Error('EPERM')),
		'could not add a bridge: EPERM',
	],
	['by an error of PID 1', new Error('ENOENT'), `ENOENT; ${place}`],
];
for (const [name, error, expected] of words) {
	test(`startFailure() of a start ${name}`, (t) => {
		t.is(startFailure(error, '/app', '/services/app'), `could not be started: ${expected}`);
	});
}

test('startFailure() names no program before it is known', (t) => {
	for (const error of [lost, down])
		t.is(startFailure(error, undefined, '/services/app'), `could not be started: ${error.message}`);
});

test('isCutOff() is true of a lost connection and of a containerd that does not run, alone', (t) => {
	t.deepEqual([lost, down, new GrpcError('UNKNOWN', create, 'x'), new Error('x')].map(isCutOff), [
		true,
		true,
		false,
		false,
	]);
});
