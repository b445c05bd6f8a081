// An OCI bundle below /containers: `config.json` (OCI runtime-spec), `runtime.json` (LinuxKit's preparation of the container)
// and `rootfs/`.

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import {
	asRecord,
	asString,
	booleanOr,
	isRecord,
	type JsonRecord,
	listOf,
	ShapeError,
	stringOr,
} from '../contract/json-shape.ts';
import { bundlePath } from '../contract/layout.ts';
import type { Interface, Mount, RuntimeConfig } from '../contract/runtime-config.ts';

export interface Bundle {
	/** The name of the folder, e.g. `redis` or `000-sysctl`. It is also the container's id. */
	readonly name: string;
	readonly folder: string;
	readonly runtime: RuntimeConfig;
}

/** Returns the folders of bundles in the order in which they run; none when `parent` does not exist. */
export function bundleFolders(parent: string): string[] {
	try {
		return readdirSync(parent, { withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map((entry) => `${parent}/${entry.name}`)
			.sort();
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return [];
		throw error;
	}
}

/** Throws `ShapeError` or a system error. A bundle may have no `runtime.json`. */
export function readBundle(folder: string): Bundle {
	const path = bundlePath(folder, 'runtime');
	return { name: basename(folder), folder, runtime: asRuntimeConfig(readJson(path) ?? {}, path) };
}

/**
 * Returns the runtime-spec for containerd. `root.path` becomes absolute, as LinuxKit's `service` does. `oomScoreAdj` gets a
 * default, because the container would otherwise inherit its shim's and never be killed when memory is short.
 */
export function readSpec(bundle: Bundle): JsonRecord {
	const path = bundlePath(bundle.folder, 'config');
	const spec = readJson(path);
	if (spec === null) throw new ShapeError(path, 'there');
	const record = asRecord(spec, path);
	const root = asRecord(record['root'], `${path}: root`);
	const { process } = record;
	return {
		...record,
		...(isRecord(process) && { process: { oomScoreAdj: 0, ...process } }),
		root: { ...root, path: bundlePath(bundle.folder, 'rootfs') },
	};
}

/** Returns `config.json` unchecked; empty when it is missing. */
export function readConfig({ folder }: Bundle): JsonRecord {
	const path = bundlePath(folder, 'config');
	return asRecord(readJson(path) ?? {}, path);
}

/** Returns the mounts of `config.json`, which the container gets inside. */
export function mountsOf(bundle: Bundle, config: JsonRecord = readConfig(bundle)): Mount[] {
	return listOf(config['mounts'], `${bundlePath(bundle.folder, 'config')}: mounts`, asMount);
}

/** Returns the user of the system that is the container's root (config-linux.md, User namespace mappings); 0 without mappings. */
export function rootUserOf(bundle: Bundle, config: JsonRecord = readConfig(bundle)): number {
	const path = bundlePath(bundle.folder, 'config');
	const linux = asRecord(config['linux'] ?? {}, `${path}: linux`);
	const root = listOf(linux['uidMappings'], `${path}: linux.uidMappings`, asRecord).find(
		({ containerID, size }) => containerID === 0 && size !== 0,
	);
	const user = root?.['hostID'];
	return typeof user === 'number' && Number.isInteger(user) && user > 0 ? user : 0;
}

/** Returns the program of a bundle, for messages; undefined when `config.json` names none. */
export function programOf(spec: JsonRecord): string | undefined {
	const process = spec['process'];
	const args = isRecord(process) ? process['args'] : undefined;
	const program: unknown = Array.isArray(args) ? args[0] : undefined;
	return typeof program === 'string' ? program : undefined;
}

export function asRuntimeConfig(value: unknown, path: string): RuntimeConfig {
	const at = (key: string) => `${path}: ${key}`;
	const record = asRecord(value, path);
	const bindNS = asRecord(record['bindNS'] ?? {}, at('bindNS'));
	const bind = (kind: string) => stringOr(bindNS[kind], '', at(`bindNS.${kind}`));
	return {
		cgroups: listOf(record['cgroups'], at('cgroups'), asString),
		mounts: listOf(record['mounts'], at('mounts'), asMount),
		mkdir: listOf(record['mkdir'], at('mkdir'), asString),
		interfaces: listOf(record['interfaces'], at('interfaces'), asInterface),
		bindNS: {
			cgroup: bind('cgroup'),
			ipc: bind('ipc'),
			mnt: bind('mnt'),
			net: bind('net'),
			pid: bind('pid'),
			user: bind('user'),
			uts: bind('uts'),
		},
		namespace: stringOr(record['namespace'], '', at('namespace')),
	};
}

function asMount(value: unknown, place: string): Mount {
	const record = asRecord(value, place);
	return {
		destination: asString(record['destination'], `${place}.destination`),
		type: stringOr(record['type'], '', `${place}.type`),
		source: stringOr(record['source'], '', `${place}.source`),
		options: listOf(record['options'], `${place}.options`, asString),
	};
}

function asInterface(value: unknown, place: string): Interface {
	const record = asRecord(value, place);
	return {
		name: stringOr(record['name'], '', `${place}.name`),
		add: stringOr(record['add'], '', `${place}.add`),
		peer: stringOr(record['peer'], '', `${place}.peer`),
		createInRoot: booleanOr(record['createInRoot'], false, `${place}.createInRoot`),
	};
}

/** Returns null when there is no such file. Throws `ShapeError` when it is not JSON. */
export function readJson(path: string): unknown {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return value;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return null;
		if (error instanceof SyntaxError) throw new ShapeError(path, `JSON (${error.message})`);
		throw error;
	}
}
