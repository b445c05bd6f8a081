// Validates the fields that Slipway reads of an image configuration (image-spec v1.1, `config.md`).

import { SlipwayError } from './slipway-error.ts';

/** The file's `config`: the defaults of a container of the image. */
export interface ImageDefaultsJson {
	readonly Env?: readonly string[];
	readonly Entrypoint?: readonly string[];
	readonly Cmd?: readonly string[];
	readonly WorkingDir?: string;
	readonly User?: string;
	/** Any text: the image-spec asks for `SIGTERM`, `SIGRTMIN+3` or a number. */
	readonly StopSignal?: string;
	/** The keys are `6379/tcp`, `53/udp`, … */
	readonly ExposedPorts?: Readonly<Record<string, object>>;
	/** The keys are absolute paths. */
	readonly Volumes?: Readonly<Record<string, object>>;
	/** Docker's; the image-spec does not know it. */
	readonly Healthcheck?: HealthcheckJson;
	readonly Labels?: Readonly<Record<string, string>>;
}

/** Times are in nanoseconds; 0 stands for Docker's default. */
export interface HealthcheckJson {
	/** Begins with `NONE`, `CMD` (a program and its arguments) or `CMD-SHELL` (a line for a shell). */
	readonly Test?: readonly string[];
	readonly Interval?: number;
	readonly Timeout?: number;
	readonly StartPeriod?: number;
	readonly Retries?: number;
}

export interface ImageConfigFile {
	readonly architecture: string;
	readonly os: string;
	/** `v7` of arm. */
	readonly variant?: string;
	readonly config: ImageDefaultsJson;
}

/** The file in the store. */
export interface StoredImageConfig extends ImageConfigFile {
	readonly diffIds: readonly string[];
}

/**
 * Returns the known fields. Leaves out those of a wrong type; throws when the value is not a configuration.
 *
 * @param what - names the image in an error
 */
export function parseImageConfig(value: unknown, what: string): StoredImageConfig {
	const file = object(value, what);
	const config = file['config'] === undefined || file['config'] === null ? {} : object(file['config'], what);
	const rootfs = object(file['rootfs'], what);
	return {
		architecture: text(file['architecture']) ?? '',
		os: text(file['os']) ?? '',
		...present('variant', text(file['variant'])),
		config: {
			...present('Env', texts(config['Env'])),
			...present('Entrypoint', texts(config['Entrypoint'])),
			...present('Cmd', texts(config['Cmd'])),
			...present('WorkingDir', text(config['WorkingDir'])),
			...present('User', text(config['User'])),
			...present('StopSignal', text(config['StopSignal'])),
			...present('ExposedPorts', emptyMaps(config['ExposedPorts'])),
			...present('Volumes', emptyMaps(config['Volumes'])),
			...present('Healthcheck', healthcheck(config['Healthcheck'])),
			...present('Labels', labels(config['Labels'])),
		},
		diffIds: texts(rootfs['diff_ids']) ?? [],
	};
}

function object(value: unknown, what: string): Record<string, unknown> {
	if (isMap(value)) return value;
	throw new SlipwayError('BAD_IMAGE', `The configuration of ${what} is not what the OCI image-spec says.`);
}

function text(value: unknown): string | undefined {
	return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): string[] | undefined {
	return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
}

/** A set is a map to empty maps. */
function emptyMaps(value: unknown): Record<string, object> | undefined {
	return isMap(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, {}])) : undefined;
}

function healthcheck(value: unknown): HealthcheckJson | undefined {
	if (!isMap(value)) return undefined;
	return {
		...present('Test', texts(value['Test'])),
		...present('Interval', count(value['Interval'])),
		...present('Timeout', count(value['Timeout'])),
		...present('StartPeriod', count(value['StartPeriod'])),
		...present('Retries', count(value['Retries'])),
	};
}

function count(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function labels(value: unknown): Record<string, string> | undefined {
	if (typeof value !== 'object' || value === null) return undefined;
	return Object.fromEntries(
		Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
	);
}

function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
	return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
