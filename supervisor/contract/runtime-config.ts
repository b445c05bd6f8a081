// `runtime.json`, which stands beside a bundle's `config.json`: what to do around the container.
//
// Written by the host, read by the guest. LinuxKit's format (its `pkg/init/cmd/service`); every key is
// always present in the file.

import type { Mount } from '../../native/linux/mount-calls.ts';

export type { Mount };

/** A network interface made for, or moved into, the container's network namespace. */
export interface Interface {
	readonly name?: string;
	/** A name in the root namespace to move; empty: make a new one. */
	readonly add?: string;
	/** The other end of a veth pair, which stays in the root namespace. */
	readonly peer?: string;
	readonly createInRoot?: boolean;
}

/** Paths onto which the container's namespaces are bound, so that they outlive it; empty: not bound. */
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
	/** cgroups made before the container starts. */
	readonly cgroups: readonly string[];
	/** Done in order in the root mount namespace before the container is created. */
	readonly mounts: readonly Mount[];
	/** Folders made before the mounts. */
	readonly mkdir: readonly string[];
	readonly interfaces: readonly Interface[];
	readonly bindNS: BindNamespaces;
	/** containerd's namespace for a service; empty: `services.linuxkit`. */
	readonly namespace: string;
}
