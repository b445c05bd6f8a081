// The supervisor with the real runc and containerd: what it starts, what it survives, what it leaves behind.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { forever, mountsUnder, processesNaming, service, startGuest, writable } from './supervised-guest.ts';

/** The engine's cgroups have the names of their containers; the folder's other names are the kernel's files. */
const isFolderOf = (name: string) => name.startsWith('onboot-');

const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

test.serial(
	'runOnboot() runs containers one after another and reports a failure with its last lines',
	async (t) => {
		const guest = await startGuest(t);
		guest.addBundle('onboot/000-a', 'echo one; echo to stderr >&2');
		guest.addBundle('onboot/001-b', 'echo "no such device" >&2; exit 3');
		guest.addBundle('onboot/002-c', 'echo $(cat /etc/made) > /out', {
			...writable(join(guest.root, 'containers/onboot/002-c')),
			mkdir: ['etc'],
		});
		await guest.command('onboot');
		t.is(guest.log('onboot.000-a.out.log'), 'one\n');
		t.is(guest.log('onboot.000-a.log'), 'to stderr\n');
		const failed = await guest.next((line) => line.name === '001-b' && line.state === 'failed');
		t.regex(failed.message ?? '', /^exited with status 3; its log is .*onboot\.001-b\.log$/);
		const error = await guest.next((line) => line.level === 'error');
		t.is(error.message, 'the last lines of 001-b:\n    no such device');
		t.deepEqual(mountsUnder(guest.root), []);
		t.deepEqual(
			guest.lines.filter((line) => line.event === 'onboot').map((line) => `${line.name} ${line.state}`),
			['000-a started', '000-a done', '001-b started', '001-b failed', '002-c started', '002-c done'],
		);
	},
);

test.serial(
	'runOnboot() says which capability a program may have lacked, to which the kernel refused a call',
	async (t) => {
		const guest = await startGuest(t);
		guest.addBundle('onboot/000-a', 'chown 5 /bin/busybox');
		await guest.command('onboot');
		const errors = guest.lines.filter((line) => line.level === 'error').map(({ message }) => message ?? '');
		t.regex(
			errors.join('\n'),
			/^000-a: it may lack the capability CAP_CHOWN, which the call in "chown: .*Operation not permitted" needs/m,
		);
	},
);

for (const engine of ['runc', 'builtin'] as const) {
	test.serial(
		`runOnboot() goes on, after a crash of PID 1, with the container that ${engine} runs`,
		async (t) => {
			const guest = await startGuest(t);
			const add = (place: string, script: string) => guest.addBundle(place, script, {}, { engine });
			add('onboot/000-a', 'echo a');
			add('onboot/001-slow', 'echo before; sleep 1; echo after; exit 3');
			add('onboot/002-c', 'echo c');
			const first = guest.command('onboot');
			await eventually(() => guest.log('onboot.001-slow.out.log') !== '', { pauseMs: 10 });
			await guest.crash();
			await guest.command('onboot');
			await first;
			// containerd, which is started during onboot where it may be.
			await guest.command('stop');
			t.is(guest.log('onboot.000-a.out.log'), 'a\n');
			t.is(guest.log('onboot.001-slow.out.log'), 'before\nafter\n');
			const failed = await guest.next((line) => line.name === '001-slow' && line.state === 'failed');
			t.regex(failed.message ?? '', /^exited with status 3; /, 'its status is known also after the crash');
			t.is(guest.log('onboot.002-c.out.log'), 'c\n');
			if (engine === 'builtin') t.deepEqual(readdirSync(join(cgroupRoot, guest.id)).filter(isFolderOf), []);
			t.deepEqual(mountsUnder(guest.root), []);
			t.deepEqual(processesNaming(guest.root, guest.id), []);
		},
	);
}

test.serial('stopOnboot() ends the container that runs by SIGTERM and starts no further one', async (t) => {
	const guest = await startGuest(t);
	const script = 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done';
	guest.addBundle('onboot/000-slow', script, writable(join(guest.root, 'containers/onboot/000-slow')));
	guest.addBundle('onboot/001-next', 'echo next');
	const onboot = guest.command('onboot');
	await eventually(() => guest.log('onboot.000-slow.out.log') !== '', { pauseMs: 10 });
	await guest.command('stop-onboot 60000');
	await onboot;
	await guest.command('stop');
	t.is(guest.log('onboot.000-slow.out.log'), 'up\nbye\n');
	t.is(guest.log('onboot.001-next.out.log'), '');
	t.deepEqual(mountsUnder(guest.root), []);
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

for (const [how, engine, bindNS] of [
	['run', 'runc', null],
	['created and started', 'runc', 'ns/net'],
	['run by the built-in engine', 'builtin', null],
	['run by the built-in engine with a bound namespace', 'builtin', 'ns/net'],
] as const) {
	test.serial(
		`stopOnboot() kills a container that ignores SIGTERM, ${how} before a crash of PID 1`,
		async (t) => {
			const guest = await startGuest(t);
			const bound = bindNS === null ? {} : { net: join(guest.root, bindNS) };
			guest.addBundle('onboot/000-deaf', 'echo up; while :; do sleep 1; done', { bindNS: bound }, { engine });
			guest.addBundle('onboot/001-next', 'echo next');
			void guest.command('onboot').catch(() => undefined);
			await eventually(() => guest.log('onboot.000-deaf.out.log') !== '', { pauseMs: 10 });
			await guest.crash();
			await guest.command('stop-onboot 300');
			// containerd, which is started during onboot where it may be.
			await guest.command('stop');
			t.is(guest.log('onboot.001-next.out.log'), '');
			t.deepEqual(processesNaming(guest.root, guest.id), []);
		},
	);
}

test.serial(
	'startServices() runs services, keeps their output, and stopServices() leaves nothing',
	async (t) => {
		const guest = await startGuest(t);
		const folder = join(guest.root, 'containers/services/good');
		guest.addBundle('services/good', `echo hello; echo trouble >&2; ${forever}`, writable(folder));
		guest.addBundle('services/second', forever);
		await guest.command('start');
		t.deepEqual(
			['good', 'second'].map((name) => guest.lines.some(service(name, 'running'))),
			[true, true],
		);
		t.is(mountsUnder(join(folder)).length, 2);
		await eventually(() => guest.output('good', 'stdout') !== '', { pauseMs: 10 });
		await guest.command('stop');
		// SIGTERM was enough: a killed service says no bye.
		t.is(guest.output('good', 'stdout'), 'hello\nbye\n');
		t.is(guest.output('good', 'stderr'), 'trouble\n');
		t.deepEqual(mountsUnder(guest.root), []);
		t.deepEqual(processesNaming(guest.root, guest.id), []);
	},
);

test.serial('a service that ends is started again, and what it wrote is still there', async (t) => {
	const guest = await startGuest(t);
	const folder = join(guest.root, 'containers/services/loop');
	guest.addBundle('services/loop', 'echo x >> /tmp/runs; cat /tmp/runs; exit 7', writable(folder));
	await guest.command('start');
	const rests = await guest.next(service('loop', 'backoff'));
	t.regex(rests.message ?? '', /^exited with status 7; it is started again in 200 ms; its log is /);
	const again = await guest.next(service('loop', 'backoff'));
	t.regex(again.message ?? '', /in 400 ms/);
	const running = await guest.next(service('loop', 'running'));
	t.is(running.restarts, 2);
	await guest.command('stop');
	t.true(guest.output('loop', 'stdout').startsWith('x\nx\nx\n'));
});

test.serial('a start that broke in containerd leaves nothing that stops the next one', async (t) => {
	const guest = await startGuest(t);
	const restart = { delayMs: 1500, maxDelayMs: 1500 };
	guest.addBundle('services/broken', 'exit 3', {}, { restart });
	await guest.command('start');
	await guest.next(service('broken', 'backoff'));
	// containerd gave up on a start: it knows no task, and the directory and the container are there.
	const task = join(guest.root, 'containerd/state/io.containerd.runtime.v2.task', guest.id, 'broken');
	mkdirSync(task, { recursive: true });
	const pidFile = join(task, 'init.pid');
	const bundle = join(guest.root, 'containers/services/broken');
	const runcRoot = join('/run/containerd/runc', guest.id);
	// Not a pipe: the container's first process would hold it open.
	const words = ['--root', runcRoot, 'create', '--bundle', bundle, '--pid-file', pidFile, 'broken'];
	t.is(spawnSync('runc', words, { stdio: 'ignore' }).status, 0);
	const orphan = Number(readFileSync(pidFile, 'utf8'));
	t.not(readTextOrEmpty(`/proc/${orphan}/cmdline`), '');
	// A process of a container may call itself a shim; it is not PID 1's child.
	const loop = "bash -c 'while :; do sleep 1; done'";
	const claim = `exec -a containerd-shim-runc-v2 ${loop} -namespace ${guest.id} -id broken`;
	const impostor = spawn('bash', ['-c', claim], { stdio: 'ignore' });
	t.teardown(() => impostor.kill('SIGKILL'));
	const next = await guest.next(
		(line) => line.name === 'broken' && (line.state === 'running' || line.state === 'backoff'),
	);
	t.is(next.state, 'running', next.message);
	t.is(readTextOrEmpty(`/proc/${orphan}/cmdline`), '');
	t.regex(readTextOrEmpty(`/proc/${impostor.pid}/cmdline`), /^containerd-shim-runc-v2\0.*broken/);
	await guest.command('stop');
	t.deepEqual(readdirSync(join(task, '..')), []);
});

test.serial(
	'a service without its program says which one and where, and does not hold up the others',
	async (t) => {
		const guest = await startGuest(t);
		guest.addBundle('services/good', forever);
		guest.addBundle('services/lost', '');
		const config = join(guest.root, 'containers/services/lost/config.json');
		writeFileSync(
			config,
			JSON.stringify({
				ociVersion: '1.0.2',
				process: { user: { uid: 0, gid: 0 }, args: ['/usr/bin/nope'], cwd: '/' },
				root: { path: 'rootfs' },
				mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
				linux: { cgroupsPath: `/${guest.id}/lost`, namespaces: [{ type: 'pid' }, { type: 'mount' }] },
			}),
		);
		await guest.command('start');
		const error = await guest.next(service('lost', 'backoff'));
		t.regex(
			error.message ?? '',
			/^could not be started: the program \/usr\/bin\/nope is not in the container;/,
		);
		t.regex(
			error.message ?? '',
			/its program is \/usr\/bin\/nope in .*\/services\/lost\/rootfs; it is started again/,
		);
		await guest.next(service('lost', 'starting'));
		t.true(guest.lines.some(service('good', 'running')));
		await guest.command('stop');
		t.deepEqual(processesNaming(guest.root, guest.id), []);
	},
);

test.serial(
	'a container whose profile of AppArmor cannot be loaded does not start, and says why',
	async (t) => {
		const guest = await startGuest(t);
		for (const place of ['onboot/000-held', 'services/held']) {
			guest.addBundle(place, 'echo ran');
			const path = join(guest.root, 'containers', place, 'config.json');
			const spec = JSON.parse(readFileSync(path, 'utf8')) as { process: object };
			writeFileSync(
				path,
				JSON.stringify({ ...spec, process: { ...spec.process, apparmorProfile: 'slipway-default' } }),
			);
		}
		await guest.command('onboot');
		const failed = await guest.next((line) => line.name === '000-held' && line.state === 'failed');
		t.regex(
			failed.message ?? '',
			/^could not be run: its AppArmor profile slipway-default can't be applied: the kernel has no AppArmor/,
		);
		mkdirSync(join(guest.root, 'apparmor'));
		await guest.command('start');
		const error = await guest.next(service('held', 'backoff'));
		t.regex(
			error.message ?? '',
			/^could not be started: its AppArmor profile slipway-default is neither loaded nor in /,
		);
		await guest.command('stop');
		t.deepEqual([guest.log('onboot.000-held.out.log'), guest.output('held', 'stdout')], ['', '']);
	},
);

test.serial('a bundle that cannot be read fails once and for all', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/damaged', '');
	writeFileSync(join(guest.root, 'containers/services/damaged/config.json'), '{"root":');
	await guest.command('start');
	const error = await guest.next(service('damaged', 'failed'));
	t.regex(error.message ?? '', /^can't be read: .*config\.json must be JSON .*it is not tried again/);
	await guest.command('stop');
});

test.serial('a service stopped before it has its SIGTERM handler gets the signal later', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/late', `echo here; sleep 1; ${forever}`);
	await guest.command('start');
	// A stop before that reaches runc, which ends by the signal.
	await eventually(() => guest.output('late', 'stdout') === 'here\n', { pauseMs: 20 });
	await guest.command('stop');
	t.is(guest.output('late', 'stdout'), 'here\nbye\n');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('a service that ignores SIGTERM is killed after the grace', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle(
		'services/deaf',
		'trap "" TERM; echo deaf; while :; do sleep 1; done',
		{},
		{ stop: { timeoutMs: 300 } },
	);
	await guest.command('start');
	// From then on it ignores the signal.
	await eventually(() => guest.output('deaf', 'stdout') === 'deaf\n', { pauseMs: 20 });
	await guest.command('stop');
	t.true(
		guest.lines.some(
			(line) => line.level === 'warn' && /deaf did not end in 300 ms/.test(line.message ?? ''),
		),
	);
	// containerd has reported the end, though the service's timeout was over, and so has removed its shim.
	const stopped = await guest.next(service('deaf', 'stopped'));
	t.is(stopped.message, 'stopped: exited with status 137 (SIGKILL)');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('a crash of PID 1 restarts no service, loses no output and misses no exit', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/steady', `echo one; sleep 1; echo two; ${forever}`);
	guest.addBundle('services/dies', 'sleep 0.6; exit 9');
	await guest.command('start');
	const before = await guest.next(service('steady', 'running'));
	const dies = guest.lines.find(service('dies', 'running'));
	await guest.crash();
	// One of them ends while no supervisor runs.
	await eventually(() => !existsSync(`/proc/${dies?.pid}`), { pauseMs: 10 });
	await guest.command('start');
	const after = await guest.next(service('dies', 'backoff'));
	t.regex(after.message ?? '', /^exited with status 9/);
	await guest.next(service('dies', 'running'));
	t.is(guest.lines.filter(service('steady', 'starting')).length, 1);
	t.deepEqual(processesNaming(guest.root, guest.id).includes(before.pid ?? 0), true);
	await guest.command('stop');
	t.is(guest.output('steady', 'stdout'), 'one\ntwo\nbye\n');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('stopServices() works when PID 1 crashed and started nothing since', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/steady', forever, writable(join(guest.root, 'containers/services/steady')));
	await guest.command('start');
	await guest.crash();
	await guest.command('stop');
	t.deepEqual(mountsUnder(guest.root), []);
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('containerd killed: it is started again, and the services never notice', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/steady', forever);
	guest.addBundle('services/later', 'sleep 1.5; exit 4');
	await guest.command('start');
	const before = guest.containerdPid();
	process.kill(before, 'SIGKILL');
	// The service may end before that.
	const error = await guest.next(({ message = '' }) => message.startsWith('containerd was killed'));
	t.regex(error.message ?? '', /by SIGKILL; it is started again in 200 ms; the services run on/);
	t.is(error.level, 'error');
	const exit = await guest.next(service('later', 'backoff'));
	t.regex(exit.message ?? '', /^exited with status 4/);
	t.not(guest.containerdPid(), before);
	t.is(guest.lines.filter(service('steady', 'starting')).length, 1);
	await guest.command('stop');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('containerd hung: stopServices() still ends everything in bounded time', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/steady', forever, {}, { stop: { timeoutMs: 1000 } });
	await guest.command('start');
	process.kill(guest.containerdPid(), 'SIGSTOP');
	// command() throws when this takes longer than its timeout.
	await guest.command('stop');
	t.true(guest.lines.some(service('steady', 'stopped')));
});

test.serial('runOnshutdown() kills what runs over its limit', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('onshutdown/000-quick', 'echo quick');
	guest.addBundle('onshutdown/001-slow', 'sleep 100000');
	await guest.command('onshutdown 1500');
	t.is(guest.log('onshutdown.000-quick.out.log'), 'quick\n');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial(
	"a service's shim killed: the service is started again, and nothing of the old one is left",
	async (t) => {
		const guest = await startGuest(t);
		guest.addBundle('services/steady', forever);
		await guest.command('start');
		const running = await guest.next(service('steady', 'running'));
		const shim = processesNaming(guest.root, guest.id).find((pid) =>
			commandLine(pid).includes('containerd-shim'),
		);
		process.kill(shim ?? 0, 'SIGKILL');
		const again = await guest.next(service('steady', 'running'));
		t.not(again.pid, running.pid);
		t.false(processesNaming(guest.root, guest.id).includes(running.pid ?? 0));
		await guest.command('stop');
		t.deepEqual(processesNaming(guest.root, guest.id), []);
	},
);
