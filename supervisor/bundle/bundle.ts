// An OCI bundle as it lies under /containers: `config.json` (the OCI runtime-spec's), `runtime.json` (what to
// do around the container) and `rootfs/`.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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
import { bundleFiles } from '../contract/layout.ts';
import type { Interface, Mount, RuntimeConfig } from '../contract/runtime-config.ts';

export interface Bundle {
	/** The folder's name: `redis`, `000-sysctl`. It is the container's id too. */
	readonly name: string;
	readonly folder: string;
	readonly runtime: RuntimeConfig;
}

/** Bundles' folders in the order in which they run; none where there is no such folder. */
export function bundleFolders(parent: string): string[] {
	try {
		return readdirSync(parent, { withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map((entry) => join(parent, entry.name))
			.sort();
	} catch (error) {
		if (isMissing(error)) return [];
		throw error;
	}
}

/** Throws `ShapeError`, `SyntaxError` or a file system's error; a bundle without `runtime.json` is fine. */
export function readBundle(folder: string): Bundle {
	const path = join(folder, bundleFiles.runtime);
	return { name: basename(folder), folder, runtime: asRuntimeConfig(readJson(path) ?? {}, path) };
}

/**
 * The runtime-spec for containerd, which wants an absolute `root.path` (LinuxKit's `service` does the same), and without
 * an `oomScoreAdj` would give the container its shim's: never killed for want of memory.
 */
export function readSpec(bundle: Bundle): JsonRecord {
	const path = join(bundle.folder, bundleFiles.config);
	const spec = readJson(path);
	if (spec === null) throw new ShapeError(path, 'there');
	const record = asRecord(spec, path);
	const root = asRecord(record['root'], `${path}: root`);
	const { process } = record;
	return {
		...record,
		...(isRecord(process) && { process: { oomScoreAdj: 0, ...process } }),
		root: { ...root, path: join(bundle.folder, bundleFiles.rootfs) },
	};
}

/** The mounts that a container gets inside. */
export function mountsOf(bundle: Bundle): Mount[] {
	const path = join(bundle.folder, bundleFiles.config);
	return listOf(asRecord(readJson(path) ?? {}, path)['mounts'], `${path}: mounts`, asMount);
}

/** The program a bundle runs, for messages; undefined where `config.json` doesn't say. */
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

/** Null where there is no such file. */
export function readJson(path: string): unknown {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return value;
	} catch (error) {
		if (isMissing(error)) return null;
		if (error instanceof SyntaxError) throw new ShapeError(path, `JSON (${error.message})`);
		throw error;
	}
}

function isMissing(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
