// Whole services with networks of their own: the real PID 1, containerd and runc in fresh namespaces, and a program in the place of nft(8) that
// refuses the rules when the test wants it to. test/ns/supervisor/network has the rules in the kernel.
//
// `ROUNDS=1000 ava --timeout 60m test/ns/networks.test.ts` restarts two services a thousand times.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openControlClient } from '../../supervisor/cli/control-client.ts';
import type { Pid1Status, Request, ServiceStatus } from '../../supervisor/contract/protocol.ts';
import { bridgeNetwork } from '../helpers/bridge-network.ts';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { findProgram, runProgram } from '../helpers/program.ts';
import { guestContainers } from './guest-containers.ts';
import { buildInitOnce, type Guest, startGuest } from './guest-init.ts';

const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
const restart = { delayMs: 50, maxDelayMs: 200, burst: 1_000_000, burstWindowMs: 1000 };

/** In place of nft(8). */
const nft = `
mkdir -p bin usr/sbin
cp ${findProgram('busybox')} bin/sh
printf '#!/bin/sh\\n[ -e /nft-refuses ] || exit 0\\necho "Error: Could not process rule: No such file or directory" >&2\\nexit 1\\n' > usr/sbin/nft
chmod 755 usr/sbin/nft
`;

test.before(buildInitOnce);

/** A client sends one request after another, so each has a connection of its own. */
async function ask<T>(guest: Guest, request: Request): Promise<T> {
	const client = await openControlClient(join(guest.root, 'run/slipway/control.sock'));
	try {
		return await client.request<T>(request);
	} finally {
		client.close();
	}
}

const status = async (guest: Guest, name: string): Promise<ServiceStatus> =>
	await ask(guest, { command: 'status', name });

const inState = (guest: Guest, name: string, state: string) => () =>
	guest.events.some((event) => event.event === 'service' && event.name === name && event.state === state);

test.serial(
	'a service whose network has no rules does not start, and starts when they can be loaded',
	async (t) => {
		const { prepare } = guestContainers(t, {
			'services/alone': [forever],
			'services/web': [forever, { restart }, bridgeNetwork('web', 2)],
		});
		const guest = await startGuest({
			prepare: `${prepare}${nft}: > nft-refuses\n`,
			commandLine: 'slipway.root=rw',
		});
		t.teardown(() => guest.stop());
		await guest.waitFor('a failed start', inState(guest, 'web', 'backoff'));
		await guest.waitFor('the service without a network', inState(guest, 'alone', 'running'));
		t.regex(
			(await status(guest, 'web')).reason ?? '',
			/^could not be started: could not load the rules of its networks: nft refuses \/run\/slipway\/rules\.nft\.new: Error: Could not process rule: No such file/,
		);
		t.false(inState(guest, 'web', 'running')());
		t.false(existsSync(join(guest.root, 'run/slipway/netns/web')));
		rmSync(join(guest.root, 'nft-refuses'));
		await guest.waitFor('its start', inState(guest, 'web', 'running'));
		t.true(existsSync(join(guest.root, 'run/slipway/rules.nft')));
		guest.signal('SIGUSR2');
		t.is(await guest.ended, 'SIGINT');
	},
);

test.serial('the machine takes no routes from an onboot container, before any rules are there', async (t) => {
	const { prepare } = guestContainers(t, { 'onboot/000-first': [forever, {}, bridgeNetwork('first', 2)] });
	const guest = await startGuest({ prepare: `${prepare}${nft}`, commandLine: 'slipway.root=rw' });
	t.teardown(() => guest.stop());
	const network = `--net=/proc/${guest.pid}/ns/net`;
	const read = async (name: string): Promise<string> =>
		(await runProgram('nsenter', [network, 'cat', `/proc/sys/net/ipv6/conf/${name}/accept_ra`])).stdout;
	await eventually(async () => (await ip(`/proc/${guest.pid}/ns/net`, 'link')).includes('slip0'));
	t.true(await eventually(async () => (await read('slip0')) === '0\n', { timeoutMs: 20_000 }));
	t.is(await read('default'), '1\n', 'other interfaces do');
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

const names = ['web', 'db'];

async function startBoth(t: ExecutionContext) {
	const { prepare, id } = guestContainers(t, {
		'services/web': [forever, { restart }, bridgeNetwork('web', 2)],
		'services/db': [forever, { restart }, bridgeNetwork('db', 3)],
	});
	const guest = await startGuest({ prepare: `${prepare}${nft}`, commandLine: 'slipway.root=rw' });
	t.teardown(() => guest.stop());
	await guest.waitFor('both', () => names.every((name) => inState(guest, name, 'running')()));
	return { guest, cgroup: join(cgroupRoot, id) };
}

async function runBoth(guest: Guest): Promise<void> {
	for (const name of names)
		await eventually(async () => (await status(guest, name)).state === 'running', { pauseMs: 20 });
}

async function ip(networkNamespace: string, ...words: readonly string[]): Promise<string> {
	return (await runProgram('nsenter', [`--net=${networkNamespace}`, 'busybox', 'ip', ...words])).stdout;
}

/** Returns each service's network namespace, by the number that the kernel gives once, and its addresses. */
async function networksOf({ root }: Guest) {
	const places = names.map((name) => join(root, 'run/slipway/netns', name));
	// A link that is new asks whether another one has its address.
	const addresses = async (place: string) => (await ip(place, 'addr')).replaceAll(' tentative', '');
	return await Promise.all(places.map(async (place) => [statSync(place).ino, await addresses(place)]));
}

test.serial('services keep their networks over a kill of containerd and a crash of PID 1', async (t) => {
	const { guest } = await startBoth(t);
	const before = await networksOf(guest);
	const { pid } = JSON.parse(readFileSync(join(guest.root, 'run/slipway/containerd.json'), 'utf8')) as {
		readonly pid: number;
	};
	const ofGuest = `--pid=/proc/${guest.pid}/ns/pid_for_children`;
	t.is((await runProgram('nsenter', [ofGuest, 'sh', '-c', `kill -9 ${pid}`])).exitCode, 0);
	const starts = () =>
		guest.events.filter((event) => event.event === 'stage' && event.stage === 'containerd');
	await guest.waitFor('containerd again', () => starts().length > 1);
	guest.command({ command: 'fault', kind: 'abort' });
	await guest.waitFor('PID 1 again', () => guest.events.some(({ msg }) => /resumed after a crash/.test(msg)));
	await runBoth(guest);
	t.deepEqual(await networksOf(guest), before);
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

test.serial('many restarts of services with networks leave nothing', async (t) => {
	const { guest, cgroup } = await startBoth(t);
	const before = await networksOf(guest);
	const turn = async (): Promise<void> => {
		await Promise.all(names.map(async (name) => await ask(guest, { command: 'restart', name })));
		await runBoth(guest);
	};
	const look = async () => ({
		links: (await ip(`/proc/${guest.pid}/ns/net`, '-o', 'link')).match(/(?<=^\d+: )[^:@]+/gm)?.toSorted(),
		mounts: readFileSync(`/proc/${guest.pid}/mountinfo`, 'utf8').trim().split('\n').length,
		cgroups: readdirSync(cgroup).toSorted(),
	});
	const pid1 = async () =>
		await ask<Pid1Status>(guest, { command: 'pid1', collect: true, measurements: false });
	const heldBytes = ({ heapUsedBytes, heapCodeBytes }: Pid1Status): number => heapUsedBytes - heapCodeBytes;

	// The first turns load code and rules, which stay.
	for (let round = 0; round < 2; round++) await turn();
	const [first, firstPid1] = [await look(), await pid1()];
	t.deepEqual(first.links, ['lo', 'slip-0ad50002', 'slip-0ad50003', 'slip0']);
	for (let round = 0; round < Number(process.env['ROUNDS'] ?? 3); round++) await turn();
	const lastPid1 = await pid1();
	t.deepEqual(await look(), first);
	t.deepEqual(await networksOf(guest), before);
	t.true(Math.abs(lastPid1.openFiles - firstPid1.openFiles) <= 3);
	t.true(heldBytes(lastPid1) - heldBytes(firstPid1) < 2 ** 20);
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});
