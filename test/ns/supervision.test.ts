// Tests the rules of supervision.json with the real runc and containerd: order, restarts, ends, readiness and health.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { forever, processesNaming, service, startGuest, writable } from './supervised-guest.ts';

test.serial('services start in the order of "after" and end in the reverse', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/web', forever, {}, { after: ['api'] });
	guest.addBundle('services/api', forever, {}, { after: ['database'] });
	guest.addBundle('services/database', forever);
	await guest.command('start');
	await guest.next(service('web', 'running'));
	await guest.command('stop');
	const inState = (state: string) =>
		guest.lines.filter((line) => line.event === 'service' && line.state === state).map((line) => line.name);
	t.deepEqual(inState('running'), ['database', 'api', 'web']);
	t.deepEqual(inState('stopped'), ['web', 'api', 'database']);
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('a service with the policy on-failure rests when it has done its work', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/works', 'exit 0', {}, { restart: { policy: 'on-failure' } });
	await guest.command('start');
	const stopped = await guest.next(service('works', 'stopped'));
	t.is(stopped.message, 'stopped: exited with status 0');
	await guest.crash();
	await guest.command('start');
	await guest.command('stop');
	t.is(
		guest.lines.filter(service('works', 'starting')).length,
		1,
		'a crash of PID 1 does not start it again',
	);
});

test.serial('a service that ends too often asks for what its rules say', async (t) => {
	const guest = await startGuest(t);
	const restart = { delayMs: 10, burst: 2, burstWindowMs: 60_000, onBurst: 'reboot' } as const;
	guest.addBundle('services/loop', 'exit 7', {}, { restart });
	await guest.command('start');
	const failed = await guest.next(service('loop', 'failed'));
	t.regex(
		failed.message ?? '',
		/^exited with status 7; more than 2 ends within 60 s; a reboot follows; its log/,
	);
	t.is(failed.restarts, 2);
	await guest.next((line) => line.power === 'reboot');
	await guest.command('stop');
});

test.serial('a service is asked to end by its own signal, a real-time signal too', async (t) => {
	const guest = await startGuest(t);
	const script = 'trap "echo interrupted; exit 0" INT; while :; do sleep 0.05; done';
	guest.addBundle('services/own', script, {}, { stop: { signal: 'SIGINT', timeoutMs: 8000 } });
	const systemd = 'trap "echo halted; exit 0" 37; while :; do sleep 0.05; done';
	guest.addBundle('services/systemd', systemd, {}, { stop: { signal: 'SIGRTMIN+3', timeoutMs: 8000 } });
	await guest.command('start');
	await guest.command('stop');
	t.is(guest.output('own', 'stdout'), 'interrupted\n');
	t.is(guest.output('systemd', 'stdout'), 'halted\n');
});

const often = { intervalMs: 50, timeoutMs: 1000, retries: 200 };

test.serial('what comes after a service waits until that is ready, not only until it runs', async (t) => {
	const guest = await startGuest(t);
	const folder = join(guest.root, 'containers/services/database');
	guest.addBundle('services/database', `sleep 0.7; echo > /tmp/up; ${forever}`, writable(folder), {
		ready: { ...often, how: { file: '/tmp/up' } },
	});
	guest.addBundle('services/web', forever, {}, { after: ['database'] });
	await guest.command('start');
	const waits = await guest.next(service('web', 'waiting'));
	t.is(waits.message, 'waiting: waits for database');
	await guest.next(service('database', 'running'));
	await guest.next(service('database', 'ready'));
	await guest.next(service('web', 'running'));
	await guest.command('stop');
});

test.serial('a service that never gets ready is ended and started again', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle('services/slow', forever, {}, { ready: { ...often, retries: 2, how: { file: '/never' } } });
	await guest.command('start');
	const unhealthy = await guest.next(service('slow', 'unhealthy'));
	t.regex(unhealthy.message ?? '', /unhealthy, pid \d+: file \/never: /);
	const rests = await guest.next(service('slow', 'backoff'));
	t.regex(rests.message ?? '', /^file \/never: .*; it exited with status 0; it is started again in 200 ms/);
	await guest.next(service('slow', 'running'));
	await guest.command('stop');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial(
	'a service that loses its health is started again; exec asks inside of its container',
	async (t) => {
		const guest = await startGuest(t);
		const folder = join(guest.root, 'containers/services/sick');
		const health = { ...often, retries: 2, how: { exec: ['/bin/sh', '-c', '! cat /tmp/sick'] } };
		guest.addBundle('services/sick', `sleep 0.5; echo > /tmp/sick; ${forever}`, writable(folder), { health });
		await guest.command('start');
		const first = await guest.next(service('sick', 'running'));
		await guest.next(service('sick', 'unhealthy'));
		const second = await guest.next(service('sick', 'running'));
		t.not(second.pid, first.pid);
		await guest.command('stop');
		t.deepEqual(processesNaming(guest.root, guest.id), []);
	},
);

test.serial('READY=1 that is sent while PID 1 comes back from a crash counts', async (t) => {
	const guest = await startGuest(t);
	// perl from the host's /usr. It sends when it is told to, once; a failure ends it.
	const send = `use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; $SIG{TERM} = sub { exit };
		select(undef, undef, undef, 0.02) until -e "/tmp/now";
		send(S, "READY=1", 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die; open(F, ">", "/tmp/sent"); sleep 1 while 1`;
	const folder = join(guest.root, 'containers/services/late');
	guest.addBundle('services/late', '', writable(folder), {
		ready: { ...often, intervalMs: 30_000, how: { notify: true } },
	});
	const config = join(folder, 'config.json');
	const spec = JSON.parse(readFileSync(config, 'utf8'));
	const borrowed = ['/usr', '/lib', '/lib64'].map((path) => {
		return { destination: path, type: 'bind', source: path, options: ['rbind', 'ro'] };
	});
	spec.process.args = ['/usr/bin/perl', '-e', send];
	spec.mounts.push(...borrowed);
	writeFileSync(config, JSON.stringify(spec));
	await guest.command('start');
	const { pid } = await guest.next(service('late', 'running'));
	await guest.crash();
	// The supervisor of the new process is not there yet.
	writeFileSync(`/proc/${pid}/root/tmp/now`, '');
	await eventually(() => existsSync(`/proc/${pid}/root/tmp/sent`), {
		pauseMs: 10,
		what: 'READY=1 to be sent',
	});
	await guest.command('start');
	await guest.next(service('late', 'ready'));
	await guest.command('stop');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('a crash of PID 1: what was ready is ready, and its health is asked on', async (t) => {
	const guest = await startGuest(t);
	const folder = join(guest.root, 'containers/services/steady');
	const exec = ['/bin/sh', '-c', '! cat /tmp/sick'];
	guest.addBundle('services/steady', `${forever}`, writable(folder), {
		ready: { ...often, how: { file: '/bin/sh' } },
		health: { ...often, retries: 2, how: { exec } },
	});
	await guest.command('start');
	const before = await guest.next(service('steady', 'ready'));
	await guest.crash();
	await guest.command('start');
	t.is(guest.lines.filter(service('steady', 'starting')).length, 1);
	writeFileSync(`/proc/${before.pid}/root/tmp/sick`, '');
	await guest.next(service('steady', 'unhealthy'));
	await guest.command('stop');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});
