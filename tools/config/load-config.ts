// Makes one checked configuration of YAML files. Several files are merged as in LinuxKit: lists are joined in the order of
// the files, and keys of a later `kernel` or `defaults` replace those of an earlier one.

import { ConfigError, maxProblems, type Problem } from './config-error.ts';
import { containerIds, idProblem } from './container-ids.ts';
import { foreignFile } from './foreign-files.ts';
import { systemSchema } from './linuxkit-schema.ts';
import { networkProblems } from './network-problems.ts';
import { portProblems } from './port-conflicts.ts';
import type { Position } from './position.ts';
import type { ConfigSource } from './read-sources.ts';
import { orderProblems } from './service-order.ts';
import type { KernelConfig, ServiceConfig, SystemConfig, SystemFile } from './system-config.ts';
import { type Validated, validateYaml } from './validate.ts';
import { type ValuePath, valuePositions } from './value-position.ts';
import type { Variables } from './variables.ts';
import { volumeProblems } from './volumes.ts';

/** Throws `ConfigError` with all problems of all files. */
export function loadConfig(sources: readonly ConfigSource[], variables: Variables = new Map()): SystemConfig {
	const files = sources.map((source) => ({
		source,
		...validateYaml(source.name, source.text, systemSchema, { variables, foreignFile }),
	}));
	const problems = [
		...files.flatMap((file) => file.problems),
		...idProblems(files, sources),
		...semanticProblems(files, sources),
	];
	if (problems.length > 0) throw new ConfigError(problems);
	return merge(files.flatMap((file) => file.value ?? []));
}

type Defaults = NonNullable<SystemFile['defaults']>;

function merge(parts: readonly SystemFile[]): SystemConfig {
	return {
		kernel: mergeKernels(parts.flatMap((part) => part.kernel ?? [])),
		init: parts.flatMap((part) => part.init ?? []),
		onboot: parts.flatMap((part) => part.onboot ?? []),
		onshutdown: parts.flatMap((part) => part.onshutdown ?? []),
		services: withDefaults(parts),
		volumes: parts.flatMap((part) => part.volumes ?? []),
		networks: parts.flatMap((part) => part.networks ?? []),
		// The variables are in the contents by now; in `metadata` the text must not be a template once more.
		files: parts.flatMap((part) => part.files?.map(({ template: _, ...file }) => file) ?? []),
		trust: parts.flatMap((part) => part.trust ?? []),
		outputs: parts.flatMap((part) => part.outputs?.map((output) => output.format) ?? []),
	};
}

/** Returns all services, each with the limits and the profile of `defaults` that it does not set itself. */
function withDefaults(parts: readonly SystemFile[]): ServiceConfig[] {
	const services = parts.flatMap((part) => part.services ?? []);
	const { resources = {}, ...others }: Defaults = Object.assign(
		{},
		...parts.map((part) => part.defaults ?? {}),
		{ resources: Object.assign({}, ...parts.map((part) => part.defaults?.resources ?? {})) },
	);
	const hasLimits = Object.keys(resources).length > 0;
	return services.map((service) => ({
		...others,
		...service,
		...(hasLimits ? { resources: { ...resources, ...service.resources } } : {}),
	}));
}

function mergeKernels(kernels: readonly NonNullable<SystemFile['kernel']>[]): KernelConfig | null {
	const named = kernels.findLast((kernel) => kernel.image !== undefined && kernel.image !== '');
	if (named?.image === undefined || named.at === undefined) return null;
	const said = kernels.map((kernel) =>
		Object.fromEntries(
			// An empty `tar` or `ucode` removes an earlier one; any other empty text counts as absent.
			Object.entries(kernel).filter(([key, value]) => value !== '' || key === 'tar' || key === 'ucode'),
		),
	);
	const { tar, ucode, ...merged } = Object.assign({}, ...said) as KernelConfig;
	return {
		...merged,
		...(tar === undefined ? {} : { tar: tar === '' ? 'none' : tar }),
		...(ucode === undefined || ucode === '' ? {} : { ucode }),
		// An error about the image shows the position of its name.
		image: named.image,
		at: named.at,
	};
}

/**
 * Finds problems of all files together: names used in two files, services that wait for each other, missing volumes.
 * Returns none when a file cannot be read.
 */
function semanticProblems(
	files: readonly Validated<SystemFile>[],
	sources: readonly ConfigSource[],
): Problem[] {
	if (files.some((file) => file.value === null)) return [];
	// A wrong value is null and is reported already.
	const parts = files.flatMap((file) => withoutNulls(file.value) ?? []);
	const named = <T extends { readonly name: string }>(list: (part: SystemFile) => readonly T[] | undefined) =>
		parts.flatMap((part) => list(part) ?? []).filter(({ name }) => typeof name === 'string');
	const services = named((part) => part.services);
	const volumes = named((part) => part.volumes);
	const networks = named((part) => part.networks);
	const oneShots = [...named((part) => part.onboot), ...named((part) => part.onshutdown)];
	const problems: Problem[] = [];
	const excerptAt = excerptsOf(sources);
	const positions = new Map(sources.map(({ name, text }) => [name, valuePositions(text)]));
	const positionAt = (near: Position, path: ValuePath): Position =>
		positions.get(near.file)?.(near, path) ?? near;
	const report = (near: Position, path: ValuePath, message: string): boolean => {
		const at = positionAt(near, path);
		return problems.push({ at, message, excerpt: excerptAt(at) }) >= maxProblems;
	};
	for (const { service, path, message } of orderProblems(services)) {
		if (report(service.at, path, message)) return problems;
	}
	for (const { service, path, message } of portProblems(services, networks, (each, path) =>
		positionAt(each.at, path),
	)) {
		if (report(service.at, path, message)) return problems;
	}
	for (const [section, list] of Object.entries({ services, volumes, networks })) {
		const firsts = new Map<string, Position>();
		for (const { name, at } of list) {
			const first = firsts.get(name);
			// The schema reports two in one file.
			if (first !== undefined && first.file !== at.file) {
				const other = `the other one is in ${first.file}:${first.line}, and files that are named together are one system`;
				if (report(at, ['name'], `${section}: there are two with the name "${name}"; ${other}.`))
					return problems;
			}
			if (first === undefined) firsts.set(name, at);
		}
	}
	for (const { at, path, message } of networkProblems([...oneShots, ...services], networks)) {
		if (report(at, path, message)) return problems;
	}
	for (const { container, path, message } of volumeProblems([...oneShots, ...services], volumes)) {
		if (report(container.at, path, message)) return problems;
	}
	return problems;
}

/** Returns the value without the nulls inside it, which stand for wrong values. */
function withoutNulls<T>(value: T): T {
	if (typeof value !== 'object' || value === null) return value;
	const clean = Array.isArray(value)
		? value.filter((each) => each !== null).map(withoutNulls)
		: Object.fromEntries(
				Object.entries(value)
					.filter(([, each]) => each !== null)
					.map(([key, each]) => [key, withoutNulls(each)]),
			);
	return clean as T;
}

/** Finds users and groups with the name of a missing container. Returns none when a file cannot be read. */
function idProblems(files: readonly Validated<SystemFile>[], sources: readonly ConfigSource[]): Problem[] {
	if (files.some((file) => file.value === null)) return [];
	// A wrong value is null: the type does not say so.
	const parts = files.flatMap((file) => file.value ?? []);
	const named = (section: 'onboot' | 'onshutdown' | 'services') =>
		parts.flatMap((part) => part[section] ?? []).filter((each) => typeof each?.name === 'string');
	const ids = containerIds({
		onboot: named('onboot'),
		onshutdown: named('onshutdown'),
		services: named('services'),
	});
	const excerptAt = excerptsOf(sources);
	const problems: Problem[] = [];
	for (const { id, key, at } of files.flatMap((file) => file.namedIds)) {
		const problem = idProblem(id, ids);
		if (problem !== null) problems.push({ at, message: `${key}: ${problem}`, excerpt: excerptAt(at) });
		if (problems.length >= maxProblems) break;
	}
	return problems;
}

function excerptsOf(sources: readonly ConfigSource[]): (at: Position) => string {
	const lines = new Map(sources.map(({ name, text }) => [name, text.split('\n')]));
	return (at) => lines.get(at.file)?.[at.line - 1] ?? '';
}
