// Faults of the networks of services, and of containers of `service run`.

import type { GuestEventLine } from '../../../supervisor/contract/events.ts';
import { eventually } from '../../helpers/eventually.ts';
import type { FaultyGuest } from './faulty-guest.ts';
import { faultTool } from './faulty-system.ts';
import { comesTo, kill, nothing, type Provoke, restarted, SIGKILL } from './provoked.ts';

const box = { name: 'box', root: '/tmp/box' };

export const provokeInNetworks = {
	// PID 1 does not look for that: the next start of a service makes what is missing.
	async 'link removed'(guest, { service, chance }) {
		const file = `/containers/services/${service}/network.json`;
		const names = (await guest.shell(`grep -o 'slip-[^"]*' ${file}`)).trim().split('\n');
		await guest.shell(`ip link del ${names[chance % names.length]}`);
		await guest.shell(`service restart ${service}`);
		return { expected: restarted(service) };
	},
	async 'rules flushed'(guest, { service }) {
		await guest.tool('flush');
		await guest.shell(`service restart ${service}`);
		return { expected: restarted(service) };
	},
	async 'kill containerd as a service starts'(guest, { service }, before) {
		const starts = comesTo(guest, service, 'starting');
		await guest.shell(`(service restart ${service} > /dev/null 2>&1 &)`);
		await starts;
		await kill(guest, SIGKILL, before.containerdPid);
		return { expected: { ...restarted(service), containerd: true, mayStartTwice: service } };
	},
	async 'kill a run'(guest) {
		const { program, ended } = await startRun(guest);
		await kill(guest, SIGKILL, await program());
		await ended;
		return { expected: nothing };
	},
	async 'kill the client of a run'(guest, { chance }) {
		const { program, owner, ended } = await startRun(guest);
		// Its container may not be there yet.
		if (chance % 2 === 0) await program();
		await kill(guest, SIGKILL, await owner());
		await ended;
		return { expected: nothing };
	},
	async 'PID 1: null pointer while a run ends'(guest, { chance }) {
		const { program, owner, ended } = await startRun(guest);
		const victim = chance % 2 === 0 ? await program() : await owner();
		await kill(guest, SIGKILL, victim);
		guest.guest.machine.command({ command: 'fault', kind: 'segv' });
		await ended;
		return { expected: { ...nothing, resumes: 1 } };
	},
} as const satisfies Readonly<Record<string, Provoke>>;

/** Starts a container of `service run` on a bridge. */
async function startRun(guest: FaultyGuest) {
	const { name, root } = box;
	const { events } = guest.guest.machine;
	const seen = events.length;
	const told = (isStart: boolean): Promise<GuestEventLine> =>
		guest.guest.event(
			(event) =>
				event.event === 'run' &&
				event.name === name &&
				(event.state === 'started') === isStart &&
				events.indexOf(event) >= seen,
		);
	await guest.shell(`mkdir -p ${root} && cp ${faultTool} ${root}/tool`);
	const command = `service run --rm --name ${name} --net bridge ${root} -- /tool stay`;
	await guest.shell(`(${command} > /tmp/box.log 2>&1 &)`);
	await told(true);
	const firstNumber = (line: string) => async (): Promise<number> =>
		await eventually(async () => Number(/\d+/.exec((await guest.guest.shell(line)).output)?.[0]) || null);
	return {
		program: firstNumber(`cat /sys/fs/cgroup/slipway.run/${name}/cgroup.procs`),
		owner: firstNumber(`cat /run/slipway/runs/${name}/run.json`),
		ended: told(false),
	};
}
