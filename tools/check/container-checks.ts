// The checks of one container: its program, its binds and its namespaces.

import { nearestName } from '../../native/text/nearest-name.ts';
import { type Processor, processorNamed } from '../../supervisor/contract/processors.ts';
import type { Mount } from '../../supervisor/contract/runtime-config.ts';
import type { ServiceConfig } from '../config/system-config.ts';
import type { ValuePath } from '../config/value-position.ts';
import { libraryFolder } from '../system/bundle/applets.ts';
import { namespacePath } from '../system/bundle/container-network.ts';
import { imageHealth } from '../system/bundle/image-health.ts';
import type { Finding } from './finding.ts';
import { startProblem } from './program-check.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

type Found = Pick<Finding, 'check' | 'severity' | 'path' | 'message'>;

export function containerFindings(system: CheckedSystem, container: CheckedContainer): readonly Finding[] {
	const found = [
		...startFindings(container, processorOf(system, container)),
		...sourceFindings(system, container),
		...targetFindings(system, container),
		...namespaceFindings(system, container),
	];
	const { config } = container;
	return found.map((each) => ({ ...each, at: config.at, message: `${config.name}: ${each.message}` }));
}

/** Returns null when the system tells its kernel to run the programs of other processors by an emulator (binfmt_misc). */
function processorOf({ containers }: CheckedSystem, { image }: CheckedContainer): Processor | null {
	const emulates = containers.some(({ spec }) =>
		(spec.mounts ?? []).some(({ source = '', type }) => /binfmt_misc/.test(source) || type === 'binfmt_misc'),
	);
	return emulates ? null : processorNamed(image.config.architecture);
}

function startFindings(container: CheckedContainer, processor: Processor | null): Found[] {
	const { config, spec, tree } = container;
	if (tree === null) return [];
	const { env = [], cwd } = spec.process;
	const args = (spec.process.args as readonly string[] | undefined) ?? [];
	const path = config.command === undefined ? ['image'] : ['command', 0];
	if (args.length === 0) {
		const message = `neither the YAML nor the image ${config.image} names a program. Add "command".`;
		return [{ check: 'command', severity: 'warning', path: ['image'], message }];
	}
	const problem = startProblem(tree, { args, env, cwd, processor });
	const own: Found[] =
		problem === null
			? []
			: [{ ...problem, severity: problem.check === 'program-format' ? 'warning' : 'error', path }];
	const probes = probesOf(container).flatMap(([path, command]): Found[] => {
		const probe = startProblem(tree, { args: command, env, cwd, processor });
		return probe === null
			? []
			: [{ ...probe, severity: 'warning', path, message: `its probe: ${probe.message}` }];
	});
	return [...own, ...probes];
}

/** Returns the programs that find out whether a service works, each with its place in the YAML. */
function probesOf({ section, config, image }: CheckedContainer): (readonly [ValuePath, readonly string[]])[] {
	if (section !== 'services') return [];
	const { ready, health } = config as ServiceConfig;
	const given = health === undefined ? imageHealth(image.config.config.Healthcheck) : null;
	const own = given !== null && typeof given === 'object' && 'exec' in given.how ? given.how.exec : undefined;
	return [
		...listed(['ready', 'exec', 0], ready?.exec),
		...listed(['health', 'exec', 0], health === 'none' ? undefined : health?.exec),
		...listed(['image'], own),
	];
}

function listed(path: ValuePath, command: readonly string[] | undefined) {
	return command === undefined ? [] : [[path, command] as const];
}

/** What exists at run time only: PID 1 mounts it, or programs fill it. */
const runtimeFolders = ['/dev', '/proc', '/sys', '/run', '/var', '/tmp', '/mnt', '/containers'];

function sourceFindings(system: CheckedSystem, container: CheckedContainer): Found[] {
	const { root } = system;
	const { init } = system.plan.config;
	// Without an init there is no root, which is a finding of its own.
	if (root === null || init.length === 0) return [];
	const hasOwnInit = root.has(libraryFolder);
	return (container.spec.mounts ?? []).flatMap((mount): Found[] => {
		const { source = '', destination } = mount;
		if (!isBind(mount) || !source.startsWith('/') || isMadeAtRunTime(system, source)) return [];
		const isApplet = source === libraryFolder;
		const found = root.find(source);
		if (found.is !== 'missing' || isMadeAtRunTime(system, found.path)) return [];
		if (isApplet)
			return [
				{
					check: 'applets',
					severity: 'error',
					path: ['image'],
					message:
						`the programs of ${container.config.image} are in Slipway's init image, which "init" does not have ` +
						`(no ${libraryFolder}). Use the init image of the same Slipway, or an image with programs of its own.`,
				},
			];
		// Is said with the libraries.
		if (source === '/init' && !hasOwnInit) return [];
		const near = nearestSource(system, source);
		const isWritten = isWrittenAtBoot(system, found.path);
		// Nothing is written to the read-only root of Slipway's init, but something may be mounted there.
		if (isWritten && (!hasOwnInit || isRootWritable(system.plan.config.kernel?.cmdline ?? ''))) return [];
		return [
			{
				check: 'bind-source',
				severity: hasOwnInit && !isWritten ? 'error' : 'warning',
				path: mountPath(container, mount),
				message:
					`nothing in the system makes ${found.path}, which is bound to ${destination}. ` +
					(near === null
						? 'Add it with "files", a directory with "directory: true".'
						: `Did you mean "${near}"?`),
			},
		];
	});
}

function isBind({ type, options = [] }: Mount): boolean {
	return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

function isBelow(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** Reports whether PID 1 or the start of a container makes the path. */
function isMadeAtRunTime({ containers }: CheckedSystem, path: string): boolean {
	if (runtimeFolders.some((folder) => isBelow(path, folder))) return true;
	return containers.some(({ bundle }) => {
		const { mkdir, mounts, bindNS } = bundle.runtime;
		const made = [...mkdir, ...mounts.map(({ destination }) => destination), ...Object.values(bindNS)];
		return made.some((folder) => folder !== '' && (isBelow(path, folder) || isBelow(folder, path)));
	});
}

/** Reports whether a container that runs at boot has bound a directory above the path, and may write to it. */
function isWrittenAtBoot({ containers }: CheckedSystem, path: string): boolean {
	return containers.some(
		({ section, spec }) =>
			section === 'onboot' &&
			(spec.mounts ?? []).some(
				(mount) =>
					isBind(mount) &&
					!(mount.options ?? []).includes('ro') &&
					path !== mount.source &&
					isBelow(path, mount.source ?? ''),
			),
	);
}

function nearestSource({ plan }: CheckedSystem, source: string): string | null {
	return nearestName(
		source,
		plan.config.files.map(({ path }) => (path.startsWith('/') ? path : `/${path}`)),
	);
}

/** Returns the way to the YAML's text of a mount; to the image when its label has it. */
function mountPath({ config }: CheckedContainer, { destination }: Mount): ValuePath {
	const trimmed = (path: string): string => path.replace(/(.)\/+$/, '$1');
	for (const key of ['binds', 'binds.add'] as const) {
		const index = (config[key] ?? []).findLastIndex(
			(bind) => trimmed(bind.split(':')[1] ?? '') === trimmed(destination),
		);
		if (index !== -1) return [key, index];
	}
	const index = (config.mounts ?? []).findLastIndex((mount) => mount.destination === destination);
	return index === -1 ? ['image'] : ['mounts', index];
}

function targetFindings({ root, plan }: CheckedSystem, container: CheckedContainer): Found[] {
	const { bundle, facts, tree, spec } = container;
	if (!bundle.readonly || facts === null || tree === null || root === null) return [];
	// Slipway's init makes the root read-only; of another one that is not known.
	if (!root.has(libraryFolder) || isRootWritable(plan.config.kernel?.cmdline ?? '')) return [];
	const destinations = (spec.mounts ?? []).map(({ destination }) => destination);
	return (spec.mounts ?? []).flatMap((mount): Found[] => {
		const { destination } = mount;
		const isInside = destinations.some((each) => each !== destination && isBelow(destination, each));
		const found = tree.find(destination);
		// Its own mount ends the walk: what is missing lies above it or is it.
		const exists =
			found.is === 'mounted' ? tree.has(found.mount) || found.mount !== destination : found.is === 'found';
		if (isInside || exists) return [];
		return [
			{
				check: 'bind-target',
				severity: 'error',
				path: mountPath(container, mount),
				message:
					`the image ${container.config.image} has no ${destination}, and in a read-only container runc cannot make it. ` +
					'Add it to the image, or leave out "readonly".',
			},
		];
	});
}

/** `rw` stands alone or beside another word. */
function isRootWritable(commandLine: string): boolean {
	return /(?:^|\s)slipway\.root=(?:\w+,)*rw(?:[,\s]|$)/.test(commandLine);
}

const keys = { network: 'net', pid: 'pid', ipc: 'ipc', uts: 'uts', user: 'userns' } as const;

function namespaceFindings({ containers }: CheckedSystem, { config, spec }: CheckedContainer): Found[] {
	return (spec.linux?.namespaces ?? []).flatMap(({ type, path }): Found[] => {
		const key = (keys as Readonly<Record<string, (typeof keys)[keyof typeof keys]>>)[type];
		if (path === undefined || key === undefined) return [];
		const where: ValuePath = config[key] === undefined ? ['image'] : [key];
		if (!path.startsWith('/')) {
			const words = key === 'net' ? '"host", "bridge", "none", "new"' : '"host", "new"';
			const message =
				`there is no ${type} namespace "${path}". Expected ${words} or the absolute path of one, such as one that ` +
				'"runtime: bindNS" of another container makes.';
			return [{ check: 'namespace', severity: 'error', path: where, message }];
		}
		const bound = containers
			.flatMap(({ bundle: { runtime, networkId } }) => [
				...Object.values(runtime.bindNS),
				networkId === null ? '' : namespacePath(networkId),
			])
			.filter((each) => each !== '');
		const isMade =
			!/^\/(?:var\/)?run\//.test(path) ||
			bound.includes(path) ||
			containers.some(({ spec: other }) =>
				(other.mounts ?? []).some(
					(mount) => isBind(mount) && isBelow(path.replace(/^\/var\/run/, '/run'), mount.source ?? ''),
				),
			);
		if (isMade) return [];
		const near = nearestName(path, bound);
		const message =
			`nothing in the system makes the ${type} namespace ${path}.` +
			(near === null ? ' "runtime: bindNS" of another container would.' : ` Did you mean "${near}"?`);
		return [{ check: 'namespace', severity: 'warning', path: where, message }];
	});
}
