// A guest with services in networks of their own, for tests of `service run --net`: what containers reach, and what is left of them.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { hostsFile } from '../../supervisor/contract/hosts-file.ts';
import { defaultNetwork, type Network } from '../../supervisor/contract/network-range.ts';
import { bridgeNetwork } from '../helpers/bridge-network.ts';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { makeRoot } from './service-run-root.ts';
import { mountsUnder, type SupervisedGuest, service, startGuest } from './supervised-guest.ts';

/** The networks of a service, in each of which it has the same number. */
interface Membership {
	readonly number: number;
	readonly networks: readonly Network[];
}

const webAlone: Readonly<Record<string, Membership>> = { web: { number: 2, networks: [defaultNetwork] } };

const answering = (name: string): string =>
	`trap "exit 0" TERM; busybox nc -ll -p 8000 -e busybox echo of ${name} & while :; do sleep 0.05; done`;

/** A guest with a root for containers and services in networks of their own, which run and say `of NAME` at port 8000. */
export async function startNetworkGuest(t: ExecutionContext, members = webAlone) {
	const guest = await startGuest(t, undefined, ['unshare', '--net']);
	const { folder } = await makeRoot(guest);
	inGuest(guest, 'ip', 'link', 'set', 'lo', 'up');
	symlinkSync('/usr/sbin/nft', join(guest.root, 'nft'));
	for (const [name, membership] of Object.entries(members)) addService(guest, name, membership);
	await guest.command('start');
	const pids = new Map<string, number>();
	const running = await guest.nextOfEach(Object.keys(members).map((name) => service(name, 'running')));
	for (const { name = '', pid = 0 } of running) pids.set(name, pid);
	/** Asks from the network of a service; the server may have just begun. */
	const answers = async (address: string, name: string, from = 'web'): Promise<boolean> =>
		await eventually(async () => {
			const words = [`--net=/proc/${pids.get(from)}/ns/net`, 'busybox', 'nc', '-w', '5', address, '8000'];
			return (await runProgram('nsenter', words)).stdout === `of ${name}\n`;
		});
	for (const name of Object.keys(members)) await answers('127.0.0.1', name, name);
	return { guest, folder, answers };
}

/** Adds a service, or gives it other addresses. */
export function addService(guest: SupervisedGuest, name: string, { number, networks }: Membership): void {
	const bundle = join(guest.root, 'containers/services', name);
	if (!existsSync(bundle)) guest.addBundle(`services/${name}`, answering(name));
	const network = {
		...bridgeNetwork(name, number, [], networks),
		namespace: join(guest.root, 'run/slipway/netns', name),
	};
	writeFileSync(join(bundle, 'network.json'), JSON.stringify(network));
	writeFileSync(
		join(bundle, 'hosts'),
		hostsFile(network.links.map(({ addresses }) => ({ name, addresses }))),
	);
	const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as {
		linux: object;
		mounts: readonly { destination: string }[];
	};
	const mounts = [
		...config.mounts.filter(({ destination }) => destination !== '/etc/hosts'),
		{ destination: '/etc/hosts', type: 'bind', source: join(bundle, 'hosts'), options: ['bind', 'ro'] },
	];
	const namespaces = [{ type: 'pid' }, { type: 'mount' }, { type: 'network', path: network.namespace }];
	writeFileSync(
		join(bundle, 'config.json'),
		JSON.stringify({ ...config, mounts, linux: { ...config.linux, namespaces } }),
	);
}

/** Runs a program in the network of the machine. */
export function inGuest({ hostPid }: SupervisedGuest, ...words: readonly string[]): string {
	return execFileSync('nsenter', [`--net=/proc/${hostPid}/ns/net`, ...words], {
		encoding: 'utf8',
		stdio: 'pipe',
	});
}

/** Returns what containers of `service run` and their networks have left on the machine. */
export function remains(guest: SupervisedGuest) {
	const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
	const state = (name: string): string[] => list(join(guest.root, 'run/slipway', name));
	const bridges = state('netns-bridges');
	return {
		links: inGuest(guest, 'busybox', 'ip', '-o', 'link')
			.match(/(?<=^\d+: )[^:@]+/gm)
			?.toSorted(),
		rules: inGuest(guest, '/usr/sbin/nft', 'list', 'ruleset'),
		mounts: mountsUnder(guest.root).filter((path) => !path.includes('/containerd/')),
		files: ['runs', 'run', 'netns', 'netns-bridges', ...bridges.map((name) => `netns-bridges/${name}`)].map(
			state,
		),
		cgroups: list(join(cgroupRoot, 'slipway.run')).filter((name) => !name.includes('.')),
	};
}

export async function isAsBefore(
	t: ExecutionContext,
	guest: SupervisedGuest,
	before: ReturnType<typeof remains>,
): Promise<void> {
	const same = (): boolean => JSON.stringify(remains(guest)) === JSON.stringify(before);
	await eventually(same, { pauseMs: 20 }).catch(() => undefined);
	t.deepEqual(remains(guest), before);
}
