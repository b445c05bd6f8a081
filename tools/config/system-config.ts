// The types of a checked configuration. All shapes follow from the schema: an absent key stays absent, because a label's
// default and an empty list of a YAML differ. An empty string usually counts as absent.

import type { labelSchema } from './container-schema.ts';
import type { systemSchema } from './linuxkit-schema.ts';
import type { Position } from './position.ts';
import type { ImageUse, ValueOf } from './schema.ts';

export type { Id, ImageUse } from './schema.ts';

/** The sections of one file. */
export type SystemFile = ValueOf<typeof systemSchema>;

type Section<Name extends keyof SystemFile> = NonNullable<SystemFile[Name]>;

/** The settings that a YAML and an image's label may have. */
export type ContainerSettings = ValueOf<typeof labelSchema>;

type Setting<Name extends keyof ContainerSettings> = NonNullable<ContainerSettings[Name]>;

export type MountConfig = Setting<'mounts'>[number];
export type DeviceConfig = Setting<'devices'>[number];
export type IdMapping = Setting<'uidMappings'>[number];
export type ResourcesConfig = Setting<'resources'>;
export type RuntimeSection = Setting<'runtime'>;

/** A container of any section. */
export type ContainerConfig = ContainerSettings & {
	readonly name: string;
	readonly image: string;
	readonly networks?: readonly string[];
	readonly at: Position;
};

export type ServiceConfig = Section<'services'>[number];
/** A container that runs once at boot. One that runs at shutdown has no `onFailure`. */
export type OneShotConfig = Section<'onboot'>[number];

export type RestartConfig = NonNullable<ServiceConfig['restart']>;
export type ProbeConfig = NonNullable<ServiceConfig['ready']>;
export type StopConfig = NonNullable<ServiceConfig['stop']>;
export type LogConfig = NonNullable<ServiceConfig['log']>;

export type KernelConfig = Section<'kernel'> & { readonly image: string };
export type FileConfig = Section<'files'>[number];
export type VolumeConfig = Section<'volumes'>[number];
export type NetworkConfig = Section<'networks'>[number];
/** Names images that must be pinned by digest or, when there are keys, signed by one of them. */
export type TrustConfig = Section<'trust'>;

/** All files together. */
export interface SystemConfig {
	readonly kernel: KernelConfig | null;
	readonly init: readonly ImageUse[];
	readonly onboot: readonly OneShotConfig[];
	readonly onshutdown: readonly OneShotConfig[];
	readonly services: readonly ServiceConfig[];
	readonly volumes: readonly VolumeConfig[];
	readonly networks: readonly NetworkConfig[];
	readonly files: readonly FileConfig[];
	/** One of each file that has it: the keys of one file do not apply to the names of another. */
	readonly trust: readonly TrustConfig[];
	/** The formats that `outputs`, an older key, names. */
	readonly outputs: readonly string[];
}
