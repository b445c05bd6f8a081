// Where the supervisor finds and leaves things. In the guest these are fixed (`GUEST_PATHS`); the tests hand
// in folders of their own, so that the real runc and containerd can be driven outside of a virtual machine.

export interface GuestPaths {
	/** Holds `onboot/`, `services/` and `onshutdown/`. */
	readonly containers: string;
	/** State that outlives a crash of PID 1, but not the boot. */
	readonly state: string;
	/** Where `service` asks PID 1 (control/protocol.ts). */
	readonly controlSocket: string;
	/** Logs of onboot containers are written here, where no disk is ever mounted over them. */
	readonly runLog: string;
	/** Where people look for logs. */
	readonly log: string;
	readonly cgroup: string;
	readonly runc: string;
	/** runc's `--root` for onboot and onshutdown containers: its own state. */
	readonly runcRoot: string;
	/** Where runc looks without `--root`: a link to what the services' shims keep, so that `runc list` shows services. */
	readonly runcUsualRoot: string;
	/** What the shims of LinuxKit's namespace keep. */
	readonly servicesRuncRoot: string;
	readonly containerd: string;
	/** Given as `--config` where it exists; else `containerdFallbackConfig` is written and given. */
	readonly containerdConfig: string;
	readonly containerdFallbackConfig: string;
	/** Lines added to the arguments of containerd, after `--config`. */
	readonly containerdArguments: readonly string[];
	readonly containerdSocket: string;
}

export const GUEST_PATHS: GuestPaths = {
	containers: '/containers',
	state: '/run/slipway',
	controlSocket: '/run/slipway/control.sock',
	runLog: '/run/log',
	log: '/var/log',
	cgroup: '/sys/fs/cgroup',
	runc: '/usr/bin/runc',
	runcRoot: '/run/slipway/runc',
	runcUsualRoot: '/run/runc',
	servicesRuncRoot: '/run/containerd/runc/services.linuxkit',
	containerd: '/usr/bin/containerd',
	containerdConfig: '/etc/containerd/config.toml',
	containerdFallbackConfig: '/run/slipway/containerd.toml',
	containerdArguments: [],
	containerdSocket: '/run/containerd/containerd.sock',
};

/** The environment of runc and containerd, which find `runc` and the shim through PATH. */
export const CHILD_ENVIRONMENT: readonly string[] = [
	'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
	'HOME=/root',
];
