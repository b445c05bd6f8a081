// The two systems that are compared: the same kernel, containers and options, once with our init and once, as the baseline, with
// the shell script that we replace (shell-init/init), packed as LinuxKit packs. Two small containers at boot, of which the first
// gives the network card its address, and Redis.

import { readFileSync, writeFileSync } from 'node:fs';
import { ownStore } from '../../helpers/own-store.ts';
import { runProgram } from '../../helpers/program.ts';
import { buildSystem } from '../../helpers/system.ts';
import { putTestImage } from '../../helpers/tar.ts';

export type Side = 'ours' | 'baseline';

export interface BootSystems {
	/** The NAME to boot of each. */
	readonly names: Readonly<Record<Side, string>>;
	/** The same with one service more: whoever connects to `meminfoPort` gets the guest's /proc/meminfo. */
	readonly withMeminfo: Readonly<Record<Side, string>>;
}

export const meminfoPort = 8080;

const inits: Readonly<Record<Side, string>> = { ours: 'slipway/init:v1', baseline: 'bench/shell-init:v1' };

export async function buildBootSystems(): Promise<BootSystems> {
	const store = await storeOfInits();
	const build = async (side: Side, more: string): Promise<string> => {
		const name = `bench-${side}${more === '' ? '' : '-meminfo'}`;
		// LinuxKit unpacks its whole root.
		const root = side === 'baseline' ? 'unpacked' : 'squashfs';
		const options = ['--cache', store, '--root', root];
		const built = await buildSystem(name, yaml(inits[side]) + more, ...options);
		if (side === 'baseline') await packAsLinuxKit(built);
		return built;
	};
	return {
		names: { ours: await build('ours', ''), baseline: await build('baseline', '') },
		withMeminfo: { ours: await build('ours', meminfo), baseline: await build('baseline', meminfo) },
	};
}

/** Returns the archive of each system's whole tree. */
export async function buildBootTrees(): Promise<Readonly<Record<Side, string>>> {
	const store = await storeOfInits();
	const build = async (side: Side): Promise<string> => {
		const options = ['--cache', store, '--format', 'tar'];
		return `${await buildSystem(`bench-${side}-tree`, yaml(inits[side]), ...options)}.tar`;
	};
	return { ours: await build('ours'), baseline: await build('baseline') };
}

/** Returns the folder of an image store that has the images of both systems. */
async function storeOfInits(): Promise<string> {
	const store = await ownStore('bench-boot');
	const busybox = readFileSync('/bin/busybox') as unknown as string;
	const program = { name: 'bin/busybox', body: busybox, mode: 0o755 };
	const script = readFileSync('test/campaigns/bench/shell-init/init', 'utf8');
	await putTestImage(store, inits.baseline, [program, { name: 'init', body: script, mode: 0o755 }], {});
	await putTestImage(store, 'bench/busybox:v1', [program], {});
	return store.folder;
}

/** One gzip of the whole tree, and the command line as it is in the YAML file. */
async function packAsLinuxKit(name: string): Promise<void> {
	const initrd = `${name}-initrd.img`;
	const script = 'zstd -q -d -c "$1" | gzip -n > "$1.gz" && mv "$1.gz" "$1"';
	const packed = await runProgram('bash', ['--norc', '-e', '-o', 'pipefail', '-c', script, 'bash', initrd]);
	if (packed.exitCode !== 0) throw new Error(`${initrd} could not be packed by gzip:\n${packed.stderr}`);
	writeFileSync(`${name}-cmdline`, commandLine);
}

const commandLine = 'console=ttyS0';

const yaml = (init: string): string => `
kernel:
  image: slipway/kernel:v1
  cmdline: ${commandLine}
init: [${init}, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - name: address
    image: bench/busybox:v1
    net: host
    capabilities: [CAP_NET_ADMIN]
    command: ["/bin/busybox", "sh", "-c", "busybox ip addr add 10.0.2.15/24 dev eth0 && busybox ip link set eth0 up"]
  - name: echo
    image: bench/busybox:v1
    command: ["/bin/busybox", "echo", "done"]
services:
  - name: redis
    image: slipway/redis:v1
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE]
    net: host
`;

const meminfo = `\
  - name: meminfo
    image: bench/busybox:v1
    net: host
    command: ["/bin/busybox", "nc", "-ll", "-p", "${meminfoPort}", "-e", "/bin/busybox", "cat", "/proc/meminfo"]
`;
