// `config.json` of a bundle: the parts of the OCI runtime-spec 1.2 that LinuxKit's format can express.

import type { Mount } from './runtime-config.ts';

export interface User {
	readonly uid: number;
	readonly gid: number;
	readonly additionalGids?: readonly number[];
}

export interface Capabilities {
	readonly bounding?: readonly string[];
	readonly effective?: readonly string[];
	readonly inheritable?: readonly string[];
	readonly permitted?: readonly string[];
	readonly ambient?: readonly string[];
}

export interface Rlimit {
	readonly type: string;
	readonly hard: number;
	readonly soft: number;
}

export interface Process {
	readonly user: User;
	readonly args: readonly string[];
	readonly env?: readonly string[];
	readonly cwd: string;
	readonly capabilities?: Capabilities;
	readonly rlimits?: readonly Rlimit[];
	readonly noNewPrivileges?: boolean;
	readonly apparmorProfile?: string;
	readonly oomScoreAdj?: number;
	readonly terminal?: boolean;
}

export interface Namespace {
	readonly type: 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';
	readonly path?: string;
}

/** `linux.seccomp` (`config-linux.md`, Seccomp). */
export interface SeccompProfile {
	readonly defaultAction: string;
	readonly defaultErrnoRet?: number;
	readonly architectures?: readonly string[];
	readonly flags?: readonly string[];
	readonly syscalls?: readonly SeccompRule[];
}

export interface SeccompRule {
	readonly names: readonly string[];
	readonly action: string;
	readonly errnoRet?: number;
	readonly args?: readonly SeccompArgument[];
}

/** The values have up to 64 bits. A value is a bigint when a number can't represent it exactly. */
export interface SeccompArgument {
	readonly index: number;
	readonly value: number | bigint;
	readonly valueTwo?: number | bigint;
	readonly op: string;
}

export interface Linux {
	readonly namespaces?: readonly Namespace[];
	readonly cgroupsPath?: string;
	readonly seccomp?: SeccompProfile;
	/** Passed through as written; its shape is the runtime-spec's (`config-linux.md`). */
	readonly [other: string]: unknown;
}

/** The version of the specification that the spec follows. */
export const ociVersion = '1.2.1';

export interface RuntimeSpec {
	readonly ociVersion: string;
	readonly process: Process;
	readonly root: { readonly path: string; readonly readonly?: boolean };
	readonly hostname?: string;
	readonly mounts?: readonly Mount[];
	readonly annotations?: Readonly<Record<string, string>>;
	readonly linux?: Linux;
}
