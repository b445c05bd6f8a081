// A whole configuration, checked. The shape is LinuxKit's; absent keys stay absent, because a label's default and a
// YAML's empty list are different things.

import type { Interface, Mount } from '../../supervisor/contract/runtime-config.ts';
import type { SeccompProfile } from '../../supervisor/contract/runtime-spec.ts';
import type { Position } from './position.ts';

export type Id = string | number;

export interface IdMapping {
	readonly hostID?: number;
	readonly containerID?: number;
	readonly size?: number;
}

/** An empty text is as good as none. */
export interface MountConfig extends Partial<Mount> {
	readonly uidmappings?: readonly IdMapping[];
	readonly gidmappings?: readonly IdMapping[];
}

export interface DeviceConfig {
	/** A path, or `all`. */
	readonly path: string;
	/** `all` without a type means every kind. */
	readonly type?: string;
	readonly major?: number;
	readonly minor?: number;
	readonly mode?: string;
}

export interface HugepageLimit {
	/** In kB. */
	readonly pageSize?: number | bigint;
	readonly limit?: number | bigint;
}

/** Checked by the schema; `tools/system/bundle/resources.ts` knows what the parts hold. */
export interface ResourcesConfig {
	readonly devices?: readonly Readonly<Record<string, unknown>>[];
	readonly memory?: Readonly<Record<string, unknown>>;
	readonly cpu?: Readonly<Record<string, unknown>>;
	readonly pids?: Readonly<Record<string, unknown>>;
	readonly blockio?: Readonly<Record<string, unknown>>;
	readonly hugepageLimits?: readonly HugepageLimit[];
	readonly network?: Readonly<Record<string, unknown>>;
}

export interface RuntimeSection {
	readonly cgroups?: readonly string[];
	readonly mounts?: readonly Partial<Mount>[];
	readonly mkdir?: readonly string[];
	readonly interfaces?: readonly Interface[];
	readonly bindNS?: Readonly<Record<string, string>>;
	readonly namespace?: string;
}

/** The keys that stand in the YAML or in the image's label. */
export interface ContainerSettings {
	readonly capabilities?: readonly string[];
	readonly 'capabilities.add'?: readonly string[];
	readonly ambient?: readonly string[];
	readonly mounts?: readonly MountConfig[];
	readonly binds?: readonly string[];
	readonly 'binds.add'?: readonly string[];
	readonly tmpfs?: readonly string[];
	readonly command?: readonly string[];
	readonly env?: readonly string[];
	readonly cwd?: string;
	readonly net?: string;
	readonly pid?: string;
	readonly ipc?: string;
	readonly uts?: string;
	readonly userns?: string;
	readonly hostname?: string;
	readonly readonly?: boolean;
	readonly maskedPaths?: readonly string[];
	readonly readonlyPaths?: readonly string[];
	readonly uid?: Id;
	readonly gid?: Id;
	readonly additionalGids?: readonly Id[];
	readonly noNewPrivileges?: boolean;
	readonly seccomp?: 'default' | 'unconfined' | SeccompProfile;
	readonly oomScoreAdj?: number;
	readonly rootfsPropagation?: string;
	readonly cgroupsPath?: string;
	readonly resources?: ResourcesConfig;
	readonly sysctl?: Readonly<Record<string, string>>;
	readonly rlimits?: readonly string[];
	readonly uidMappings?: readonly IdMapping[];
	readonly gidMappings?: readonly IdMapping[];
	readonly devices?: readonly DeviceConfig[];
	readonly annotations?: Readonly<Record<string, string>>;
	readonly runtime?: RuntimeSection;
}

export interface ContainerConfig extends ContainerSettings {
	readonly name: string;
	readonly image: string;
	readonly at: Position;
}

export interface RestartConfig {
	readonly policy?: 'always' | 'on-failure' | 'no';
	readonly delay?: string;
	readonly maxDelay?: string;
	/** `10/1m`. */
	readonly burst?: string;
	readonly onBurst?: 'stop' | 'reboot' | 'poweroff';
}

export interface ProbeConfig {
	readonly tcp?: number;
	readonly host?: string;
	readonly http?: string;
	readonly exec?: readonly string[];
	readonly file?: string;
	readonly notify?: true;
	readonly interval?: string;
	readonly timeout?: string;
	readonly retries?: number;
}

export interface StopConfig {
	readonly signal?: string;
	readonly timeout?: string;
}

export interface LogConfig {
	readonly driver?: 'console' | 'tcp' | 'syslog';
	readonly address?: string;
	readonly maxSize?: string;
	readonly maxFiles?: number;
}

export interface ServiceConfig extends ContainerConfig {
	readonly after?: readonly string[];
	readonly restart?: RestartConfig;
	readonly ready?: ProbeConfig;
	readonly health?: ProbeConfig;
	readonly stop?: StopConfig;
	readonly log?: LogConfig;
}

/** A container that runs once, at boot or shutdown. */
export interface OneShotConfig extends ContainerConfig {
	readonly onFailure?: 'continue' | 'reboot' | 'poweroff' | 'halt';
	readonly timeout?: string;
}

/** An image and where it is named. */
export interface ImageUse {
	readonly image: string;
	readonly at: Position;
}

export interface KernelConfig {
	readonly image: string;
	readonly cmdline?: string;
	readonly binary?: string;
	readonly tar?: string;
	readonly ucode?: string;
	readonly at: Position;
}

export interface FileConfig {
	readonly path: string;
	readonly directory?: boolean;
	readonly symlink?: string;
	readonly contents?: string;
	readonly source?: string;
	readonly metadata?: string;
	readonly optional?: boolean;
	/** Octal digits. */
	readonly mode?: string;
	readonly uid?: Id;
	readonly gid?: Id;
	readonly at: Position;
}

export interface VolumeConfig {
	readonly name: string;
	readonly image?: string;
	readonly readonly?: boolean;
	readonly format?: string;
	readonly platforms?: readonly string[];
	readonly at: Position;
}

/** Which images must be pinned by digest or, where there are keys, signed by one of them. */
export interface TrustConfig {
	readonly image?: readonly string[];
	readonly org?: readonly string[];
	/** Organizations and images whose labels may grant privileges to containers. */
	readonly labels?: readonly string[];
	/** Files of public keys, relative to the folder of the YAML file. */
	readonly keys?: readonly string[];
	readonly at: Position;
}

export interface SystemConfig {
	readonly kernel: KernelConfig | null;
	readonly init: readonly ImageUse[];
	readonly onboot: readonly OneShotConfig[];
	readonly onshutdown: readonly OneShotConfig[];
	readonly services: readonly ServiceConfig[];
	readonly volumes: readonly VolumeConfig[];
	readonly files: readonly FileConfig[];
	/** One of each file that has it: the keys of one say nothing of what another names. */
	readonly trust: readonly TrustConfig[];
	/** Formats by the older key `outputs`. */
	readonly outputs: readonly string[];
}
