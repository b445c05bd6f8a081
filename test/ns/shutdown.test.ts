// Ends of a system in which nothing wants to end, with the real PID 1 and real containers in namespaces: whatever ignores
// SIGTERM, and a PID 1 that crashes and then hangs on the way. Its clock is the machine's, so that the sum of the limits,
// which no end may exceed, can be held against it.

import { spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { monotonicMs } from '../../init/process/monotonic.ts';
import { type Containers, guestContainers } from './guest-containers.ts';
import { buildInitOnce, type Guest, startGuest } from './guest-init.ts';

const deaf = 'trap : TERM; while :; do sleep 0.1; done';
const polite = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

test.before(buildInitOnce);

/** `web` comes after `deaf`, which takes all its time to stop. */
async function boot(t: ExecutionContext, timeoutMs: number, more: Containers = {}): Promise<Guest> {
	const { prepare } = guestContainers(t, {
		'services/deaf': [deaf, { stop: { signal: 'SIGTERM', timeoutMs } }],
		'services/web': [polite, { after: ['deaf'] }],
		...more,
	});
	const guest = await startGuest({ prepare, commandLine: 'slipway.root=rw' });
	t.teardown(() => guest.stop());
	await guest.waitFor('readiness', () => guest.events.some(({ event }) => event === 'ready'));
	return guest;
}

/** The contract's sum, on CLOCK_MONOTONIC, of the first time that the shutdown began. */
function endsAtLatestMs(guest: Guest): number {
	const told = guest.events.find((event) => event.event === 'shutdown');
	return told?.event === 'shutdown' ? told.at * 1000 + told.timeoutMs : 0;
}

test.serial(
	'nothing that ignores SIGTERM delays a power-off beyond its time, and each is reported, in order',
	async (t) => {
		const guest = await boot(t, 1000, { 'onshutdown/000-endless': [deaf, { timeoutMs: 1000 }] });
		const inside = ['--target', String(guest.pid), '--pid', '--mount', '--root', '--wd=/'];
		const busybox = '/containers/services/web/rootfs/bin/busybox';
		// The shell ends, and leaves PID 1 an orphan.
		const orphan = ['sh', '-c', `(trap : TERM; while :; do ${busybox} sleep 0.1; done) > /dev/null 2>&1 &`];
		t.is(spawnSync('nsenter', [...inside, busybox, ...orphan], { timeout: 10_000 }).status, 0);
		let console = '';
		const watch = setInterval(() => {
			// With PID 1 its file system goes.
			const now = guest.console();
			if (now.length > console.length) console = now;
		}, 10);
		guest.signal('SIGUSR2');
		t.is(await guest.ended, 'SIGINT');
		const endedMs = monotonicMs();
		clearInterval(watch);
		const told = [
			/poweroff: services are being stopped/,
			/web +stopped/,
			/service deaf did not end in 1000 ms and is killed/,
			/deaf +stopped/,
			/000-endless .*did not end in time and was killed/,
			/\d processes \(.*busybox \d+.*\) did not end in 3 s and are killed/,
		].map((line) => console.search(line));
		t.false(told.includes(-1), `${told.join(' ')}\n${console}`);
		t.deepEqual(
			told,
			told.toSorted((one, other) => one - other),
			console,
		);
		t.true(endedMs <= endsAtLatestMs(guest));
	},
);

test.serial(
	'a PID 1 that crashes and then hangs in the middle of a power-off is cut, within the same time',
	async (t) => {
		t.timeout(180_000);
		const guest = await boot(t, 10_000);
		guest.signal('SIGUSR2');
		await guest.waitFor('the service to be stopped', () => guest.console().includes('web           stopped'));
		guest.command({ command: 'fault', kind: 'segv' });
		await guest.waitFor('the next life', () =>
			guest.events.some((event) => event.event === 'init' && event.resumed),
		);
		guest.command({ command: 'fault', kind: 'hang' });
		t.is(await guest.ended, 'SIGINT');
		t.true(monotonicMs() <= endsAtLatestMs(guest));
		t.false(
			guest.events.some(
				(event) => event.event === 'service' && event.name === 'deaf' && event.state === 'stopped',
			),
		);
	},
);
