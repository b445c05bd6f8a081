// `runtime.json`, beside the `config.json` of a bundle: the work to do before and after the container runs.
//
// The host writes it, the guest reads it. The format is LinuxKit's (its `pkg/init/cmd/service`). The file has every key.

import type { Mount } from '../../native/linux/mount-calls.ts';

export type { Mount };

/** A network interface that is made in the container's network namespace, or moved into it. */
export interface Interface {
	readonly name?: string;
	/** The name of the interface in the root namespace to move. If it is empty, a new interface is made. */
	readonly add?: string;
	/** The other end of a veth pair. It stays in the root namespace. */
	readonly peer?: string;
	readonly createInRoot?: boolean;
}

/** The paths onto which the container's namespaces are bound, so that they outlive it. An empty path means none. */
export interface BindNamespaces {
	readonly cgroup: string;
	readonly ipc: string;
	readonly mnt: string;
	readonly net: string;
	readonly pid: string;
	readonly user: string;
	readonly uts: string;
}

export interface RuntimeConfig {
	/** The cgroups to make before the container starts. */
	readonly cgroups: readonly string[];
	/** The mounts to make, in order, in the root mount namespace before the container is created. */
	readonly mounts: readonly Mount[];
	/** The directories to make before the mounts. */
	readonly mkdir: readonly string[];
	readonly interfaces: readonly Interface[];
	readonly bindNS: BindNamespaces;
	/** containerd's namespace for a service. If it is empty, `services.linuxkit`. */
	readonly namespace: string;
}
