// `runtime:` of a container: what is done in the system around its start (LinuxKit's docs/yaml.md).

import { boolean, described, list, record, string, strings } from './schema.ts';

/** A mount of `runtime:`, which is done outside of the container. */
const runtimeMountKeys = {
	destination: string('The absolute path in the root of the system.', { examples: ['/var/lib/data'] }),
	type: string('The type of file system. Default: none, for a bind.', { examples: ['ext4'] }),
	source: string('What is mounted: a device or a path. Default: none.', { examples: ['/dev/sda1'] }),
	options: strings('Options as mount(8) has them, and those of the file system. Default: none.', {
		examples: [['bind', 'ro']],
	}),
};

function boundNamespace(what: string) {
	return string(`The path for the ${what} namespace. Default: it is not bound.`);
}

export const runtime = described(
	'What is done in the system around the start of the container.',
	record({
		cgroups: strings('Control groups to create before the container starts. Default: none.', {
			examples: [['podruntime']],
		}),
		mounts: list(
			'Mounts in the root of the system, done in order before the container is created. Default: none.',
			record(runtimeMountKeys),
			{ examples: [[{ type: 'ext4', source: '/dev/sda1', destination: '/var/lib/data' }]] },
		),
		mkdir: strings('Directories to create in the root of the system before the mounts. Default: none.', {
			examples: [['/var/lib/data']],
		}),
		interfaces: list(
			"Network interfaces to move into the container's network namespace. Default: none.",
			record({
				name: string('The name of the interface. It is required when the container starts.', {
					examples: ['wg0'],
				}),
				add: string(
					'The type of a new interface to create, such as `veth` or `wireguard`. Default: an existing one is moved.',
					{
						examples: ['wireguard'],
					},
				),
				peer: string('The name of the other end of a veth pair, which stays in the root network namespace.', {
					examples: ['veth1'],
				}),
				createInRoot: boolean(
					'LinuxKit creates the interface in the root network namespace when this is true. Slipway always does. ' +
						'Default: false.',
				),
			}),
			{ examples: [[{ name: 'veth0', add: 'veth', peer: 'veth1' }]] },
		),
		bindNS: described(
			"Paths to which the container's namespaces are bound, so that they stay and others can join them.",
			record({
				cgroup: boundNamespace('control group'),
				ipc: boundNamespace('IPC'),
				mnt: boundNamespace('mount'),
				net: boundNamespace('network'),
				pid: boundNamespace('PID'),
				user: boundNamespace('user'),
				uts: boundNamespace('UTS'),
			}),
			{ examples: [{ net: '/run/netns/web' }] },
		),
		namespace: string('The namespace of containerd in which a service runs. Default: `services.linuxkit`.'),
	}),
	{ examples: [{ mkdir: ['/var/lib/data'] }] },
);
