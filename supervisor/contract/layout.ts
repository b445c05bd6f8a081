// The paths of the guest's tree and of /run/slipway, each of them once. Programs get the first group as `GuestPaths`:
// tests pass directories of their own, so that the real runc and containerd run outside of a virtual machine. Standard
// paths of Linux (/proc, /dev, /etc/hostname) are not here.

export interface GuestPaths {
	/** Holds `onboot/`, `services/`, `onshutdown/` and `volumes/`. */
	readonly containers: string;
	/** State that outlives a crash of PID 1, but not the boot; `stateFiles` names what it holds. */
	readonly state: string;
	/** The socket by which `service` sends requests to PID 1 (contract/protocol.ts). */
	readonly controlSocket: string;
	/** Holds the logs of onboot containers, where no disk is ever mounted over them. */
	readonly runLog: string;
	/** Holds the logs of services, and links to those in `runLog`. */
	readonly log: string;
	readonly cgroup: string;
	readonly runc: string;
	/** runc's `--root` for onboot and onshutdown containers: its own state. */
	readonly runcRoot: string;
	/** runc's default `--root`: a link to the shims' state, so that `runc list` shows services. */
	readonly runcUsualRoot: string;
	/** The state that the shims of LinuxKit's namespace keep. */
	readonly servicesRuncRoot: string;
	/** nft(8) of the package `nftables`, which a system may lack. */
	readonly nft: string;
	/** The compiled profiles of the package `apparmor`, which a system may lack. */
	readonly apparmorPolicies: string;
	/** AppArmor's directory of securityfs; absent without AppArmor. */
	readonly apparmor: string;
	readonly containerd: string;
	/** Passed as `--config` when it exists; otherwise `containerdFallbackConfig` is written and passed. */
	readonly containerdConfig: string;
	readonly containerdFallbackConfig: string;
	/** Added to the arguments of containerd, after `--config`. */
	readonly containerdArguments: readonly string[];
	readonly containerdSocket: string;
}

/** containerd's namespace for services whose `runtime.json` names none, as in LinuxKit. */
export const defaultNamespace = 'services.linuxkit';

/** containerd's own defaults for its `root` and `state`. */
export const containerdFolders = { root: '/var/lib/containerd', state: '/run/containerd' } as const;

export const guestPaths: GuestPaths = {
	containers: '/containers',
	state: '/run/slipway',
	controlSocket: '/run/slipway/control.sock',
	runLog: '/run/log',
	log: '/var/log',
	cgroup: '/sys/fs/cgroup',
	runc: '/usr/bin/runc',
	runcRoot: '/run/slipway/runc',
	runcUsualRoot: '/run/runc',
	servicesRuncRoot: `${containerdFolders.state}/runc/${defaultNamespace}`,
	nft: '/usr/sbin/nft',
	apparmorPolicies: '/lib/slipway/apparmor',
	apparmor: '/sys/kernel/security/apparmor',
	containerd: '/usr/bin/containerd',
	containerdConfig: '/etc/containerd/config.toml',
	containerdFallbackConfig: '/run/slipway/containerd.toml',
	containerdArguments: [],
	containerdSocket: `${containerdFolders.state}/containerd.sock`,
};

/** Holds `NAME/lower`, `NAME/tmp` and `NAME/merged` of each volume, as in LinuxKit. */
export const volumesFolder = `${guestPaths.containers}/volumes`;

/** An empty file beside those of a read-only volume. LinuxKit's init does not know it, and puts a tmpfs over such a volume. */
export const readonlyVolumeMark = 'readonly';

/** The files and directories of an OCI bundle, relative to it. */
export const bundleFiles = {
	/** The OCI runtime-spec's. */
	config: 'config.json',
	/** LinuxKit's; see runtime-config.ts. */
	runtime: 'runtime.json',
	/** See supervision.ts. */
	supervision: 'supervision.json',
	/** See container-network.ts. */
	network: 'network.json',
	/** Becomes `/etc/hosts` of a container that has a `network.json`. */
	hosts: 'hosts',
	/** What the host has worked out of `config.json` for the built-in engine; see engine/start-plan.ts. */
	start: 'start.plan',
	rootfs: 'rootfs',
} as const;

/**
 * Returns the path of such a file. Unlike Node's `join` it walks no characters: V8 compiles what does so often, while a container
 * waits (docs/trials.md).
 */
export function bundlePath(folder: string, file: keyof typeof bundleFiles): string {
	return `${folder}/${bundleFiles[file]}`;
}

/** The cgroup of the containers of `service run`. Services have theirs beside it, by their names. */
export const runCgroup = '/slipway.run';

/** Returns what the supervisor keeps in `state`. */
export function stateFiles({ state }: Pick<GuestPaths, 'state'>) {
	return {
		containerd: `${state}/containerd.json`,
		/** See bundle/default-limits.ts. */
		defaultLimits: `${state}/default-limits.json`,
		/** The containers of a kind that have run (one-shot-progress.ts). */
		oneShots: (kind: 'onboot' | 'onshutdown') => `${state}/${kind}.json`,
		/** Written by runc. */
		oneShotPid: (name: string) => `${state}/${name}.pid`,
		service: (name: string) => `${state}/services/${name}.json`,
		/** The pipes of services' output: what is in them outlives a crash of PID 1. */
		fifo: (name: string, stream: 'out' | 'err') => `${state}/fifo/${name}.${stream}`,
		/** The directory of a service's notify socket. */
		notify: (name: string) => `${state}/notify/${name}`,
		/** The /etc/hosts of a service on bridges. */
		hosts: (name: string) => `${state}/hosts/${name}`,
		/** Holds a folder for each container of `service run` that runs. */
		runs: `${state}/runs`,
		/** Where the memory of a container of `service run` is mounted while it starts. */
		run: (name: string) => `${state}/run/${name}`,
		probeOutput: (name: string, probe: string) => `${state}/probe/${name}.${probe}`,
	} as const;
}

/** Returns where the image of other bundles is, and where it is mounted for a moment. PID 1 removes both. */
export function replacementPaths({ state }: Pick<GuestPaths, 'state'>, image: number) {
	const folder = `${state}/replaced`;
	return { folder, file: `${folder}/${image}.squashfs`, mount: `${folder}/${image}` } as const;
}

/** What PID 1 itself keeps in `/run/slipway`. */
export const initPaths = {
	/** See init/process/boot-state.ts. */
	state: '/run/slipway/init.json',
	/** JSON lines; a full one becomes `init.log.1`. */
	log: '/run/slipway/init.log',
	/** The socket by which PID 1 runs `service` for its small client (contract/command-protocol.ts). */
	commandSocket: '/run/slipway/command.sock',
	/** The socket from which the package `metrics` reads. Its directory is bound into that container. */
	metricsSocket: '/run/slipway/metrics/metrics.sock',
	/** The mount that becomes /var. */
	newVar: '/run/slipway/var',
	/** The network devices with a static address, a name a line; pkg/dhcpcd leaves them alone. */
	staticDevices: '/run/slipway/static-devices',
	/** A module that PID 1 unpacks itself. */
	unpackedModule: (name: string) => `/run/slipway/${name}.ko`,
} as const;

/** What PID 1 runs from. */
export const ownFiles = { executable: '/init', libraries: '/lib/slipway' } as const;

/** Where the program of a container is looked for when its environment has no PATH, as by Docker. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of runc and containerd, which find `runc` and the shim through PATH. */
export const childEnvironment: readonly string[] = [`PATH=${defaultPath}`, 'HOME=/root'];
