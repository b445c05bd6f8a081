// YAML files in, one checked configuration out. Several files are merged as LinuxKit does: lists are joined in the
// order of the files, the last kernel that is named wins key by key.

import { ConfigError, type Problem } from './config-error.ts';
import { containerIds, idProblem } from './container-ids.ts';
import { systemSchema } from './linuxkit-schema.ts';
import type { Position } from './position.ts';
import type { ConfigSource } from './read-sources.ts';
import { orderProblems } from './service-order.ts';
import type { KernelConfig, SystemConfig, TrustConfig } from './system-config.ts';
import { type Validated, validateYaml } from './validate.ts';
import type { Variables } from './variables.ts';
import { volumeProblems } from './volumes.ts';

/** As validated; every key may be absent. */
type RawSystem = Partial<Omit<SystemConfig, 'kernel' | 'trust' | 'outputs'>> & {
	readonly kernel?: Partial<KernelConfig>;
	readonly trust?: TrustConfig;
	readonly outputs?: readonly { readonly format: string }[];
};

/** Throws `ConfigError` with all problems of all files. */
export function loadConfig(sources: readonly ConfigSource[], variables: Variables = new Map()): SystemConfig {
	const files = sources.map((source) => ({
		source,
		...validateYaml(source.name, source.text, systemSchema, { variables }),
	}));
	const problems = [...files.flatMap((file) => file.problems), ...idProblems(files, sources)];
	if (problems.length > 0) throw new ConfigError(problems);
	// The schema has given every value its type; this is the border.
	const config = merge(files.map((file) => file.value as RawSystem));
	const late = semanticProblems(config, sources);
	if (late.length > 0) throw new ConfigError(late);
	return config;
}

function merge(parts: readonly RawSystem[]): SystemConfig {
	return {
		kernel: mergeKernels(parts.flatMap((part) => part.kernel ?? [])),
		init: parts.flatMap((part) => part.init ?? []),
		onboot: parts.flatMap((part) => part.onboot ?? []),
		onshutdown: parts.flatMap((part) => part.onshutdown ?? []),
		services: parts.flatMap((part) => part.services ?? []),
		volumes: parts.flatMap((part) => part.volumes ?? []),
		files: parts.flatMap((part) => part.files ?? []),
		trust: parts.flatMap((part) => part.trust ?? []),
		outputs: parts.flatMap((part) => part.outputs?.map((output) => output.format) ?? []),
	};
}

function mergeKernels(kernels: readonly Partial<KernelConfig>[]): KernelConfig | null {
	const named = kernels.findLast((kernel) => kernel.image !== undefined && kernel.image !== '');
	if (named?.image === undefined || named.at === undefined) return null;
	const said = kernels.map((kernel) =>
		Object.fromEntries(
			// An empty `tar` or `ucode` says that there is none; another key says nothing by an empty text.
			Object.entries(kernel).filter(([key, value]) => value !== '' || key === 'tar' || key === 'ucode'),
		),
	);
	const { tar, ucode, ...merged } = Object.assign({}, ...said) as KernelConfig;
	return {
		...merged,
		...(tar === undefined ? {} : { tar: tar === '' ? 'none' : tar }),
		...(ucode === undefined || ucode === '' ? {} : { ucode }),
		// The place that an error about the image shows is where the image is named.
		...{ image: named.image, at: named.at },
	};
}

/** What only the whole shows: names used twice across files, names of containers that don't exist. */
function semanticProblems(config: SystemConfig, sources: readonly ConfigSource[]): Problem[] {
	const problems: Problem[] = [];
	const report = (at: Position, message: string): void => {
		problems.push(problemAt(at, message, sources));
	};
	for (const { service, message } of orderProblems(config.services)) report(service.at, message);
	// Two in one file were reported before.
	for (const section of ['services', 'volumes'] as const) {
		const names = new Set<string>();
		for (const { name, at } of config[section]) {
			if (names.has(name)) report(at, `${section}: there are two with the name "${name}".`);
			names.add(name);
		}
	}
	for (const container of [...config.onboot, ...config.onshutdown, ...config.services]) {
		for (const problem of volumeProblems(container, config.volumes)) report(container.at, problem);
	}
	return problems;
}

/** Users by the name of a container that there isn't: told along with all else, if the names can be read at all. */
function idProblems(files: readonly Validated[], sources: readonly ConfigSource[]): Problem[] {
	if (files.some((file) => file.value === null)) return [];
	// What is wrong is null, but what is there has its type.
	const parts = files.map((file) => file.value as RawSystem);
	const named = (section: 'onboot' | 'onshutdown' | 'services') =>
		parts.flatMap((part) => part[section] ?? []).filter((each) => typeof each?.name === 'string');
	const ids = containerIds({
		onboot: named('onboot'),
		onshutdown: named('onshutdown'),
		services: named('services'),
	});
	return files
		.flatMap((file) => file.namedIds)
		.flatMap(({ id, key, at }) => {
			const problem = idProblem(id, ids);
			return problem === null ? [] : [problemAt(at, `${key}: ${problem}`, sources)];
		});
}

function problemAt(at: Position, message: string, sources: readonly ConfigSource[]): Problem {
	const text = sources.find((source) => source.name === at.file)?.text ?? '';
	return { at, message, excerpt: text.split('\n')[at.line - 1] ?? '' };
}
