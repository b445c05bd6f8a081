// The guest that a campaign harms, as it is seen at any time: its services by PID 1's word, its processes by the
// kernel's, and Redis from outside.

import type { ServiceStatus } from '../../../supervisor/contract/protocol.ts';
import type { Guest } from '../../helpers/guest.ts';
import { faultTool, pulledDisk } from './faulty-system.ts';

export interface View {
	readonly services: ReadonlyMap<string, ServiceStatus>;
	/** How many processes there are by name; zombies have names of their own. */
	readonly census: string;
	/** The network namespaces with their addresses, the links of the machine, and the rules of its networks. */
	readonly networks: string;
	/** Mounts, cgroups, and files of containers of `service run`. */
	readonly remains: string;
	readonly containerdPid: number;
	/** How often PID 1 has come back from a crash. */
	readonly resumes: number;
	readonly redisSays: string;
}

export interface FaultyGuest {
	readonly guest: Guest;
	/** A line in the shell; throws where it fails, unless another exit status is meant. */
	shell(line: string, status?: number): Promise<string>;
	/** Runs the fault tool (fault-tool.cc). */
	tool(...words: readonly (string | number)[]): Promise<string>;
	/** Is null while PID 1 does not answer. */
	view(): Promise<View | null>;
}

/** The namespaces by their numbers, which the kernel gives once. */
const networks = `stat -c "%n %i" /run/slipway/netns/*; ${faultTool} addresses /run/slipway/netns/*; ls /sys/class/net /run/slipway/netns-bridges/*; ${faultTool} rules`;
/** The parents of what containers of `service run` had stay, and the disk that was pulled out is still mounted. */
const remains = `cut -d" " -f5 /proc/1/mountinfo | grep -v ${pulledDisk} | sort; find /sys/fs/cgroup -type d ! -name slipway.run | sort; find /run/slipway/run /run/slipway/runs -mindepth 1 2> /dev/null`;
const controlSocket = '/run/slipway/control.sock';

export function faultyGuest(guest: Guest): FaultyGuest {
	const faulty: FaultyGuest = {
		guest,
		async shell(line, status = 0) {
			const ran = await guest.shell(line);
			if (ran.status === status) return ran.output;
			throw new Error(`${line}: exit status ${ran.status}\n${ran.output}`);
		},
		tool: (...words) => faulty.shell(`${faultTool} ${words.join(' ')}`),
		async view() {
			const list = `${faultTool} ask ${controlSocket} '{"id":1,"command":"list"}'`;
			const { output } = await guest.shell(
				`${list}; echo; echo =census; ${faultTool} census; echo =networks; ${networks}; echo =remains; ${remains}; echo =containerd; cat /run/slipway/containerd.json`,
			);
			const parts =
				/^(\{.*\})\n+=census\n([\s\S]*)=networks\n([\s\S]*)=remains\n([\s\S]*)=containerd\n(\{.*\})/m.exec(
					output,
				);
			if (parts === null) return null;
			const { result } = JSON.parse(parts[1] ?? '') as { readonly result: readonly ServiceStatus[] };
			const { pid } = JSON.parse(parts[5] ?? '') as { readonly pid: number };
			return {
				services: new Map(result.map((service) => [service.name, service])),
				census: parts[2] ?? '',
				networks: parts[3] ?? '',
				remains: parts[4] ?? '',
				containerdPid: pid,
				resumes: guest.machine.events.filter((line) => line.event === 'init' && line.resumed).length,
				redisSays: await guest.redis('PING'),
			};
		},
	};
	return faulty;
}

/** Returns the differences of a view from the state expected after these faults; empty when there are none. */
export function troublesOf(before: View, expected: Expected, now: View): readonly string[] {
	const troubles: string[] = [];
	for (const [name, was] of before.services) {
		const is = now.services.get(name);
		const restarts = was.restarts + (expected.restarts[name] ?? 0);
		if (is === undefined) troubles.push(`${name} is not listed`);
		else if (!is.ready) troubles.push(`${name} is ${is.state}${is.reason === null ? '' : `: ${is.reason}`}`);
		else if (is.restarts !== restarts && !isOneMore(expected, name, is.restarts - restarts))
			troubles.push(`${name} has ${is.restarts} restarts, not ${restarts}`);
		else if ((is.pid === was.pid) !== (expected.restarts[name] === undefined)) {
			troubles.push(`${name} has pid ${is.pid}, before it had ${was.pid}`);
		}
	}
	const resumes = before.resumes + expected.resumes;
	if (now.resumes !== resumes) troubles.push(`PID 1 was resumed ${now.resumes} times, not ${resumes}`);
	if ((now.containerdPid === before.containerdPid) !== !expected.containerd) {
		troubles.push(`containerd has pid ${now.containerdPid}, before it had ${before.containerdPid}`);
	}
	if (now.census !== before.census) troubles.push(`processes:\n${now.census}before:\n${before.census}`);
	if (!now.networks.includes('slip0')) troubles.push(`the bridge is not seen:\n${now.networks}`);
	if (!now.networks.includes('chain ')) troubles.push(`the rules are not seen:\n${now.networks}`);
	if (now.networks !== before.networks)
		troubles.push(`networks:\n${now.networks}before:\n${before.networks}`);
	if (now.remains !== before.remains) troubles.push(`remains:\n${now.remains}before:\n${before.remains}`);
	if (now.redisSays !== 'PONG') troubles.push(`Redis says ${now.redisSays}`);
	return troubles;
}

/** The only consequences that a fault may have. */
export interface Expected {
	/** Services that get another process, and how many restarts PID 1 counts for it (none for one made by hand). */
	readonly restarts: Readonly<Record<string, number>>;
	readonly resumes: number;
	/** containerd gets another process. */
	readonly containerd: boolean;
	/** The service whose start may have failed once before it succeeded, as chance will have it. */
	readonly mayStartTwice?: string;
}

function isOneMore({ mayStartTwice }: Expected, service: string, more: number): boolean {
	return service === mayStartTwice && more === 1;
}

/** Returns faults that waiting can not end: a service was restarted, or PID 1 crashed, more often than expected. */
export function isTooMuch(before: View, expected: Expected, now: View): boolean {
	if (now.resumes > before.resumes + expected.resumes) return true;
	return [...before.services].some(([name, { restarts }]) => {
		const is = now.services.get(name)?.restarts ?? 0;
		const more = is - restarts - (expected.restarts[name] ?? 0);
		return more > 0 && !isOneMore(expected, name, more);
	});
}
