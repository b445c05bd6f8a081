// The system that the fault campaign harms: a service of each kind of supervision, all of them small but Redis.

import { compileStatic } from '../../helpers/static-tool.ts';
import { buildSystem } from '../../helpers/system.ts';

/** Its path in the containers: getty's image has the host's /etc there. */
export const faultTool = '/hostroot/etc/fault-tool';
/** Where the disk is mounted that is pulled out. */
export const pulledDisk = '/run/pulled-disk';

function smallService(name: string, words: string, more: string, net = 'net: new'): string {
	return `
  - name: ${name}
    image: slipway/getty:v1
    command: [${faultTool}, ${words}]
    binds: ["/etc:/hostroot/etc"]
    tmpfs: ["/tmp"]
    pid: new
    ${net}
    capabilities: []
    stop: {timeout: 2s}
    ${more}`;
}

function yaml(tool: string): string {
	return `
kernel:
  image: slipway/kernel:v1
  # The console is a shell's: no words of the kernel in its lines but the last ones.
  cmdline: console=ttyS0 loglevel=1
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1, slipway/nftables:v1]
onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
    # Where the campaign comes from.
    oomScoreAdj: -1000
    # It mounts the disk that is pulled out.
    devices: [{path: all, type: c}, {path: all, type: b}]
  - name: redis
    image: slipway/redis:v1
    net: host
    ready: {tcp: 6379}
    health: {tcp: 6379, interval: 10s}${[
			smallService('web', 'stay', 'after: [redis]\n    health: {file: /tmp/well, interval: 1s, retries: 2}'),
			smallService('deaf', 'deaf', '', 'net: bridge'),
			smallService(
				'notifier',
				'notify, "2"',
				'ready: {notify: true}\n    health: {notify: true, interval: 5s}',
			),
			smallService('chatter', 'chatter', 'log: {maxSize: 64KiB, maxFiles: 2}'),
			smallService('hungry', 'hungry', 'resources: {memory: {limit: 16777216}}'),
			smallService('worker', 'stay', 'restart: {policy: on-failure}', 'networks: [bridge, back]'),
			smallService('once', 'stay', 'restart: {policy: no}'),
		].join('')}
  - name: killer
    image: slipway/getty:v1
    command: [${faultTool}, killer]
    binds: ["/etc:/hostroot/etc"]
    pid: host
    net: new
    capabilities: [CAP_KILL]
networks:
  - {name: back, internal: true}
files:
  - path: etc/fault-tool
    source: ${tool}
    mode: "0755"
`;
}

/** Returns the NAME to boot. */
export async function buildFaultySystem(): Promise<string> {
	const tool = await compileStatic('test/campaigns/faults/fault-tool.cc', 'fault-tool');
	return await buildSystem('faults', yaml(tool));
}
