// YAML files in, one checked configuration out. Several files are merged as LinuxKit does: lists are joined in the
// order of the files, the last kernel that is named wins key by key.

import { capabilitiesProblem } from './checks.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { containerIds } from './container-ids.ts';
import { systemSchema } from './linuxkit-schema.ts';
import type { Position } from './position.ts';
import type { Id, SystemConfig } from './system-config.ts';
import { validateYaml } from './validate.ts';

export interface ConfigSource {
	/** For positions: the file's path, or `-`. */
	readonly name: string;
	readonly text: string;
}

/** As validated; every key may be absent. */
type RawSystem = Partial<Omit<SystemConfig, 'kernel' | 'outputs'>> & {
	readonly kernel?: Partial<NonNullable<SystemConfig['kernel']>>;
	readonly outputs?: readonly { readonly format: string }[];
};

/** Throws `ConfigError` with all problems of all files. */
export function loadConfig(sources: readonly ConfigSource[]): SystemConfig {
	const files = sources.map((source) => ({
		source,
		...validateYaml(source.name, source.text, systemSchema),
	}));
	const problems = files.flatMap((file) => file.problems);
	if (problems.length > 0) throw new ConfigError(problems);
	// The schema has given every value its type; this is the border.
	const config = merge(files.map((file) => file.value as RawSystem));
	const late = semanticProblems(config, sources);
	if (late.length > 0) throw new ConfigError(late);
	return config;
}

function merge(parts: readonly RawSystem[]): SystemConfig {
	const kernel = Object.assign({}, ...parts.map((part) => part.kernel ?? {})) as Partial<
		NonNullable<SystemConfig['kernel']>
	>;
	return {
		kernel: kernel.image === undefined ? null : (kernel as NonNullable<SystemConfig['kernel']>),
		init: parts.flatMap((part) => part.init ?? []),
		onboot: parts.flatMap((part) => part.onboot ?? []),
		onshutdown: parts.flatMap((part) => part.onshutdown ?? []),
		services: parts.flatMap((part) => part.services ?? []),
		volumes: parts.flatMap((part) => part.volumes ?? []),
		files: parts.flatMap((part) => part.files ?? []),
		outputs: parts.flatMap((part) => part.outputs?.map((output) => output.format) ?? []),
	};
}

/** What only the whole shows: names used twice across files, names of containers that don't exist. */
function semanticProblems(config: SystemConfig, sources: readonly ConfigSource[]): Problem[] {
	const problems: Problem[] = [];
	const report = (at: Position, message: string): void => {
		const text = sources.find((source) => source.name === at.file)?.text ?? '';
		problems.push({ at, message, excerpt: text.split('\n')[at.line - 1] ?? '' });
	};
	const ids = containerIds(config);
	const names = new Set<string>();
	for (const service of config.services) {
		if (names.has(service.name))
			report(service.at, `services: there are two with the name "${service.name}".`);
		names.add(service.name);
	}
	for (const container of [...config.onboot, ...config.onshutdown, ...config.services]) {
		const users: readonly (Id | undefined)[] = [
			container.uid,
			container.gid,
			...(container.additionalGids ?? []),
		];
		for (const user of users) if (!isKnown(user, ids)) report(container.at, unknownId(container.name, user));
		for (const key of ['capabilities', 'capabilities.add', 'ambient'] as const) {
			const problem = capabilitiesProblem(container[key] ?? []);
			if (problem !== null) report(container.at, `${container.name}: ${key}: ${problem}`);
		}
		for (const mount of container.mounts ?? []) {
			const problem = mountProblem(mount);
			if (problem !== null) report(container.at, `${container.name}: mounts: ${problem}`);
		}
	}
	for (const file of config.files) {
		for (const user of [file.uid, file.gid])
			if (!isKnown(user, ids)) report(file.at, unknownId(file.path, user));
	}
	return problems;
}

function isKnown(user: Id | undefined, ids: ReadonlyMap<string, number>): boolean {
	return typeof user !== 'string' || user === '' || user === 'root' || /^\d+$/.test(user) || ids.has(user);
}

function unknownId(what: string, user: Id | undefined): string {
	return `${what}: "${user}" is neither a number nor the name of a container.`;
}

const selfNamed: readonly string[] = ['mqueue', 'devpts', 'proc', 'sysfs', 'cgroup'];

function mountProblem(mount: { type?: string; source?: string; destination?: string }): string | null {
	const type = mount.type ?? (selfNamed.includes(mount.source ?? '') ? mount.source : undefined);
	if (type === undefined && mount.destination !== '/dev') {
		return `the mount on ${mount.destination ?? 'nowhere'} has no type. Add one, such as "type: bind".`;
	}
	if (mount.destination === undefined && !selfNamed.includes(type ?? '')) {
		return `the mount of type ${type} has no destination.`;
	}
	return null;
}
