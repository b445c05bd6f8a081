// Gives `config.json` the types that the engine needs. LinuxKit's tools and others write the file, so it is checked.

import { type Bundle, readJson } from '../bundle/bundle.ts';
import { asRecord, asString, isRecord, listOf, ShapeError } from '../contract/json-shape.ts';
import { bundlePath } from '../contract/layout.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';

/** Throws `ShapeError` or a system error. */
export function readContainerSpec({ folder }: Bundle): RuntimeSpec {
	const path = bundlePath(folder, 'config');
	return asContainerSpec(readJson(path), path);
}

/** Checks what every step uses; a step checks the rest. Throws `ShapeError`. */
export function asContainerSpec(value: unknown, path: string): RuntimeSpec {
	const record = asRecord(value, path);
	const process = asRecord(record['process'], `${path}: process`);
	const user = asRecord(process['user'] ?? {}, `${path}: process.user`);
	const args = listOf(process['args'], `${path}: process.args`, asString);
	if (args.length === 0 || args[0] === '')
		throw new ShapeError(`${path}: process.args`, 'the name of a program');
	listOf(process['env'], `${path}: process.env`, asString);
	const root = asRecord(record['root'], `${path}: root`);
	asString(root['path'], `${path}: root.path`);
	for (const [index, mount] of listOf(record['mounts'], `${path}: mounts`, asRecord).entries()) {
		asString(mount['destination'], `${path}: mounts[${index}].destination`);
		listOf(mount['options'], `${path}: mounts[${index}].options`, asString);
	}
	const linux = asRecord(record['linux'] ?? {}, `${path}: linux`);
	for (const namespace of listOf(linux['namespaces'], `${path}: linux.namespaces`, asRecord)) {
		asString(namespace['type'], `${path}: linux.namespaces: type`);
		if (namespace['path'] !== undefined) asString(namespace['path'], `${path}: linux.namespaces: path`);
	}
	for (const key of ['maskedPaths', 'readonlyPaths']) listOf(linux[key], `${path}: linux.${key}`, asString);
	const cwd = asString(process['cwd'], `${path}: process.cwd`);
	if (!cwd.startsWith('/')) throw new ShapeError(`${path}: process.cwd`, 'an absolute path');
	if (process['apparmorProfile'] !== undefined)
		asString(process['apparmorProfile'], `${path}: process.apparmorProfile`);
	const complete = { uid: 0, gid: 0, ...user };
	if (linux['seccomp'] !== undefined && !isRecord(linux['seccomp']))
		throw new ShapeError(`${path}: linux.seccomp`, 'an object');
	return { ...record, process: { ...process, user: complete } } as unknown as RuntimeSpec;
}
