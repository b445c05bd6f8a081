// Whole services with networks of their own: the real PID 1, containerd and runc in fresh namespaces, and a program in the place of nft(8) that
// refuses the rules when the test wants it to. test/ns/supervisor/network has the rules in the kernel.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openControlClient } from '../../supervisor/cli/control-client.ts';
import type { ServiceStatus } from '../../supervisor/contract/protocol.ts';
import { bridgeNetwork } from '../helpers/bridge-network.ts';
import { findProgram } from '../helpers/program.ts';
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

const status = async (guest: Guest, name: string): Promise<ServiceStatus> => {
	const client = await openControlClient(join(guest.root, 'run/slipway/control.sock'));
	try {
		return await client.request<ServiceStatus>({ command: 'status', name });
	} finally {
		client.close();
	}
};

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
