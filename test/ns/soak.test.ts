// Checks that PID 1 keeps nothing that passes through it: log lines, restarts, requests, followers, probes, orphans. Its
// heap, asked for from outside and after a garbage collection, must be flat.
//
// `SOAK_ROUNDS=200 ava --timeout 30m test/ns/soak.test.ts` is the long form: with the same allowance it sees a leak
// that is so much smaller.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { openControlClient } from '../../supervisor/cli/control-client.ts';
import type { ControlClient } from '../../supervisor/cli/control-requests.ts';
import type { Pid1Status, ServiceStatus } from '../../supervisor/contract/protocol.ts';
import { guestContainers } from './guest-containers.ts';
import { buildInitOnce, type Guest, startGuest } from './guest-init.ts';

const rounds = Number(process.env['SOAK_ROUNDS'] ?? 5);
/** Counts of one round. */
const requests = 300;
const followers = 30;
const restarts = 10;

/**
 * Covers V8's notes about code that it has compiled again. In the short form a request may cost 170 bytes of it, a follower
 * 1.7 KB, a restart 5 KB, before the test fails; in the long form a fortieth.
 */
const allowanceBytes = 256 * 1024;

const often = { intervalMs: 20, timeoutMs: 5000, retries: 1000 };
const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
const services = {
	'services/chatty': [
		'while :; do for i in 1 2 3 4 5 6 7 8 9; do echo "a line, and another: $i"; done; sleep 0.002; done',
	],
	'services/crashing': [
		'exit 1',
		{ restart: { delayMs: 1, maxDelayMs: 1, burst: 1_000_000, burstWindowMs: 1000 } },
	],
	'services/seen': [forever, { health: { ...often, how: { file: '/bin/sh' } } }],
	'services/asked': [
		forever,
		{ health: { ...often, intervalMs: 200, how: { exec: ['/bin/sh', '-c', ':'] } } },
	],
	'services/handled': [forever],
} as const;

test.before(buildInitOnce);

test.serial('PID 1 holds no more after a soak than before it', async (t) => {
	const { prepare } = guestContainers(t, services);
	const guest = await startGuest({ prepare, commandLine: 'slipway.root=rw' });
	t.teardown(() => guest.stop());
	const path = join(guest.root, 'run/slipway/control.sock');
	await guest.waitFor('a service', () =>
		guest.events.some((event) => 'ready' in event && event.ready === true),
	);
	const client = await openControlClient(path);
	t.teardown(() => client.close());
	const look = async (): Promise<Pid1Status> =>
		await client.request<Pid1Status>({ command: 'pid1', collect: true, measurements: false });
	// The buffers of requests in flight come and go, by more than a megabyte. What is held is in each of ten looks.
	const leastExternalBytes = async (): Promise<number> => {
		const looks: number[] = [];
		while (looks.length < 10) looks.push((await look()).externalBytes);
		return Math.min(...looks);
	};

	await warmUp(guest);
	for (let round = 0; round < 2; round++) await soak(path, client);
	const before = { ...(await look()), externalBytes: await leastExternalBytes() };
	for (let round = 0; round < rounds; round++) await soak(path, client);
	const after = { ...(await look()), externalBytes: await leastExternalBytes() };

	const figures = JSON.stringify({ before, after });
	t.log(figures);
	const held = (status: Pid1Status): number => status.heapUsedBytes - status.heapCodeBytes;
	t.true(held(after) - held(before) < allowanceBytes, figures);
	// Garbage collections are in step with nothing; a probe may be open in one look and not in the other.
	t.true(Math.abs(after.openFiles - before.openFiles) <= 3, figures);
	t.true(after.externalBytes - before.externalBytes < 2 ** 20, figures);
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

/** Fills the bounded list of exits of orphans that PID 1 keeps. */
async function warmUp(guest: Guest): Promise<void> {
	const lastPid = (): number =>
		Number(readFileSync(`${guest.root}/proc/loadavg`, 'utf8').trim().split(' ').at(-1));
	for (let hundreds = 0; hundreds < 11; hundreds++) {
		const before = lastPid();
		guest.command({ command: 'fault', kind: 'orphans' });
		await guest.waitFor('a hundred processes', () => lastPid() > before + 100 || lastPid() < before);
	}
}

/** Each kind of thing that may leave something behind, many times. */
async function soak(path: string, client: ControlClient): Promise<void> {
	const restartsOf = async (name: string): Promise<number> =>
		(await client.request<ServiceStatus>({ command: 'status', name })).restarts;
	const restartsBefore = await restartsOf('crashing');
	for (let request = 0; request < requests; request += 2) {
		await client.request({ command: 'list' });
		await client.request({ command: 'wait', name: 'handled', for: 'running' });
	}
	for (let follower = 0; follower < followers; follower++) {
		const socket = connect(path);
		socket.on('error', () => undefined);
		const wait = { id: 2, command: 'wait', name: 'handled', for: 'stopped' };
		socket.write(`{"id":1,"command":"events","follow":true}\n${JSON.stringify(wait)}\n{"ha`);
		await once(socket, 'data');
		socket.destroy();
		await once(socket, 'close');
	}
	await client.request({ command: 'restart', name: 'handled' });
	while ((await restartsOf('crashing')) < restartsBefore + restarts);
}
