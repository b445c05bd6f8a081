// How each kind of fault is made, and what must come of it and nothing else. What takes its time is waited for here
// only where the next look at the guest would not show it.

import type { HostCommand } from '../../../supervisor/contract/events.ts';
import { eventually } from '../../helpers/eventually.ts';
import type { FaultyGuest, View } from './faulty-guest.ts';
import { faultTool, pulledDisk } from './faulty-system.ts';
import type { FaultKind } from './plan-faults.ts';
import { provokeInNetworks } from './provoke-in-networks.ts';
import { comesTo, kill, nothing, type Provoke, replacedByHand, restarted, SIGKILL } from './provoked.ts';

const SIGUSR1 = 10;
const SIGSTOP = 19;
const SIGSEGV = 11;
const SIGABRT = 6;
const orphans = 1000;
const yearSeconds = 365 * 24 * 3600;
const filler = '/var/log/filler';
const runFiller = '/run/filler';
const runMegabytes = 32;
const killedBySigkill = 137;

const provokers: Readonly<Record<FaultKind, Provoke>> = {
	'kill service': async (guest, { service }, before) => ({
		expected: restarted(service),
		deathAt: await kill(guest, SIGKILL, pidOf(before, service)),
	}),
	'kill shim': async (guest, { service }, before) => ({
		expected: restarted(service),
		deathAt: await kill(guest, SIGKILL, `parent:${pidOf(before, service)}`),
	}),
	async 'kill containerd'(guest, _, before) {
		await kill(guest, SIGKILL, before.containerdPid);
		await containerdKnows(guest, before);
		return { expected: { ...nothing, containerd: true } };
	},
	async 'kill containerd and service'(guest, { service }, before) {
		await kill(guest, SIGKILL, before.containerdPid, pidOf(before, service));
		return { expected: { ...restarted(service), containerd: true } };
	},
	async 'kill what is not restarted'(guest, { service }, before) {
		const failed = comesTo(guest, service, 'failed');
		await kill(guest, SIGKILL, pidOf(before, service));
		await failed;
		await guest.shell(`service start ${service}`);
		return { expected: replacedByHand(service) };
	},
	async 'end well'(guest, { service }, before) {
		const stopped = comesTo(guest, service, 'stopped');
		await kill(guest, SIGUSR1, pidOf(before, service));
		await stopped;
		await guest.shell(`service start ${service}`);
		return { expected: replacedByHand(service) };
	},
	...provokeInNetworks,
	'PID 1: null pointer': crash('segv'),
	'PID 1: abort': crash('abort'),
	'PID 1: full heap': crash('heap'),
	async 'PID 1: uncaught error'(guest) {
		guest.guest.machine.command({ command: 'fault', kind: 'throw' });
		return { expected: nothing };
	},
	async 'PID 1: SIGSEGV from outside'(guest) {
		await kill(guest, SIGSEGV, 1);
		return { expected: nothing };
	},
	async 'PID 1: SIGABRT from outside'(guest) {
		await kill(guest, SIGABRT, 1);
		return { expected: nothing };
	},
	async 'PID 1: null pointer while a service ends'(guest, { service }, before) {
		await kill(guest, SIGKILL, pidOf(before, service));
		guest.guest.machine.command({ command: 'fault', kind: 'segv' });
		return { expected: { ...restarted(service), resumes: 1 } };
	},
	async '1000 orphans'(guest) {
		const before = await forks(guest);
		guest.guest.machine.command({ command: 'fault', kind: 'orphans' });
		await eventually(async () => ((await forks(guest)) >= before + orphans ? true : null));
		return { expected: nothing };
	},
	async '1000 orphans in a container'(guest) {
		const before = await forks(guest);
		await guest.tool('orphans', orphans);
		await eventually(async () => ((await forks(guest)) >= before + orphans ? true : null));
		return { expected: nothing };
	},
	async 'full /var/log'(guest) {
		await guest.shell(`! dd if=/dev/zero of=${filler} bs=64k 2>/dev/null`);
		const full = await guest.shell('tail -n 1 /var/log/chatter.log');
		await guest.shell('service status chatter');
		await guest.shell(`rm ${filler}`);
		await eventually(async () =>
			(await guest.shell('tail -n 1 /var/log/chatter.log')) === full ? null : true,
		);
		return { expected: nothing };
	},
	async 'full /run, and PID 1 crashes'(guest, _, before) {
		await guest.shell(`mount -o remount,size=${runMegabytes}m /run`);
		await guest.shell(`! dd if=/dev/zero of=${runFiller} bs=64k 2>/dev/null`);
		await guest.shell('service list');
		guest.guest.machine.command({ command: 'fault', kind: 'segv' });
		await eventually(() => (resumesOf(guest) > before.resumes ? true : null));
		await guest.shell('service list');
		await guest.shell(`rm ${runFiller}`);
		return { expected: { ...nothing, resumes: 1 } };
	},
	// For the kernel it is the same whether the device leaves its slot or is removed here, and here it can come back.
	async 'disk pulled out'(guest) {
		await guest.shell(`umount ${pulledDisk} 2>/dev/null; echo 1 > /sys/bus/pci/rescan`);
		await eventually(async () => ((await guest.guest.shell('test -b /dev/vda')).status === 0 ? true : null));
		await guest.shell(`mkdir -p ${pulledDisk} && mount -t ext4 /dev/vda ${pulledDisk}`);
		await guest.shell('echo 1 > $(readlink -f /sys/block/vda/device)/../remove');
		await guest.shell(`echo lost > ${pulledDisk}/file; sync; test ! -e /sys/block/vda`);
		// It stays mounted: the next fault, or the power-off, has to cope.
		await guest.shell('service list');
		return { expected: nothing };
	},
	async 'kill -9 -1 from a container'(guest, _, before) {
		const services = [...before.services.keys()];
		const again = services.map((name) => comesTo(guest, name, name === 'once' ? 'failed' : 'running'));
		guest.guest.shellEnds();
		guest.guest.machine.type('service reload --signal SIGUSR1 killer\r');
		await Promise.all(again);
		await guest.shell('service start once');
		const restarts = Object.fromEntries(services.map((name) => [name, name === 'once' ? 0 : 1]));
		return { expected: { ...nothing, restarts, containerd: true } };
	},
	async 'garbage on the control socket'(guest, { chance }) {
		await guest.tool('garbage', '/run/slipway/control.sock', chance);
		return { expected: nothing };
	},
	async 'restart of the deaf'(guest, { service }) {
		await guest.shell(`service restart ${service}`);
		return { expected: restarted(service) };
	},
	async 'stop and start'(guest, { service }) {
		await guest.shell(`service stop ${service} && service start ${service}`);
		return { expected: replacedByHand(service) };
	},
	async 'clock jumps a year'(guest, { chance }) {
		await guest.shell(`date -s @$(($(date +%s) ${chance % 2 === 0 ? '+' : '-'} ${yearSeconds}))`);
		return { expected: nothing };
	},
	async 'no memory left'(guest) {
		await guest.shell(`${faultTool} hog`, killedBySigkill);
		return { expected: nothing };
	},
	async 'service over its memory'(guest, { service }) {
		const backoff = comesTo(guest, service, 'backoff');
		await guest.shell(`service reload --signal SIGUSR1 ${service}`);
		const { msg } = await backoff;
		if (!/out of memory/.test(msg)) throw new Error(`not reported as killed because memory is short: ${msg}`);
		return { expected: restarted(service) };
	},
	async 'loss of health'(guest, { service }, before) {
		await guest.shell(`rm /proc/${pidOf(before, service)}/root/tmp/well`);
		return { expected: restarted(service) };
	},
	async 'missed watchdog'(guest, { service }, before) {
		// After a crash of PID 1 the watchdog goes on with the next message: so one is waited for.
		const wakeups = `grep ^voluntary /proc/${pidOf(before, service)}/status`;
		const first = await guest.shell(wakeups);
		await eventually(async () => ((await guest.shell(wakeups)) === first ? null : true));
		await kill(guest, SIGSTOP, pidOf(before, service));
		return { expected: restarted(service) };
	},
};

export const provoke: Provoke = (guest, fault, before) => provokers[fault.kind](guest, fault, before);

function crash(kind: Extract<HostCommand, { command: 'fault' }>['kind']): Provoke {
	return async (guest) => {
		guest.guest.machine.command({ command: 'fault', kind });
		return { expected: { ...nothing, resumes: 1 } };
	};
}

function resumesOf(guest: FaultyGuest): number {
	return guest.guest.machine.events.filter((line) => line.event === 'init' && line.resumed).length;
}

function pidOf(view: View, service: string): number {
	const pid = view.services.get(service)?.pid;
	if (pid == null) throw new Error(`${service} has no process`);
	return pid;
}

/** That all tasks run, in the words of containerd's own client. */
async function containerdKnows(guest: FaultyGuest, before: View): Promise<void> {
	await eventually(async () => {
		const { output } = await guest.guest.shell('ctr tasks ls');
		const running = [...output.matchAll(/^(\S+)\s+(\d+)\s+RUNNING/gm)].map(
			([, name, pid]) => `${name} ${pid}`,
		);
		const expected = [...before.services.values()].map(({ name, pid }) => `${name} ${pid}`);
		return running.sort().join() === expected.sort().join() ? true : null;
	});
}

/** How many processes there have been since the boot (proc_stat(5)). */
async function forks(guest: FaultyGuest): Promise<number> {
	return Number(/^processes (\d+)/m.exec(await guest.shell('grep processes /proc/stat'))?.[1]);
}
