// The checks of what is mounted into a container: the sources of its binds, and the paths in it that runc cannot make.

import { join } from 'node:path';
import { nearestName } from '../../native/text/nearest-name.ts';
import { parseKernelCommandLine } from '../../supervisor/contract/kernel-command-line.ts';
import type { Mount } from '../../supervisor/contract/runtime-config.ts';
import type { ValuePath } from '../config/value-position.ts';
import { libraryFolder } from '../system/bundle/applets.ts';
import type { Finding } from './finding.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

type Found = Pick<Finding, 'check' | 'severity' | 'path' | 'message'>;

/** What exists at run time only: PID 1 mounts it, or programs fill it. */
const runtimeFolders = ['/dev', '/proc', '/sys', '/run', '/var', '/tmp', '/mnt', '/containers'];

export function sourceFindings(system: CheckedSystem, container: CheckedContainer): Found[] {
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

export function isBind({ type, options = [] }: Mount): boolean {
	return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

export function isBelow(path: string, folder: string): boolean {
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

/** Nothing can be made in the container's root: Slipway's init makes the system's root read-only; of another one that is not known. */
export function isSealed({ root, plan }: CheckedSystem, { bundle }: CheckedContainer): boolean {
	const isRootReadOnly =
		root?.has(libraryFolder) === true && !isRootWritable(plan.config.kernel?.cmdline ?? '');
	return bundle.readonly && isRootReadOnly;
}

export function targetFindings(container: CheckedContainer): Found[] {
	const { facts, tree, spec } = container;
	if (facts === null || tree === null) return [];
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

/** runc makes the working directory where it can. */
export function directoryFindings({ config, spec, tree }: CheckedContainer, isSealed: boolean): Found[] {
	const { cwd } = spec.process;
	const path: ValuePath = config.cwd === undefined ? ['image'] : ['cwd'];
	if (!cwd.startsWith('/')) {
		const meant = join('/', cwd);
		const message = `the working directory "${cwd}" is not absolute, and no runtime starts a container in it. Write "cwd: ${meant}".`;
		return [{ check: 'working-directory', severity: 'error', path, message }];
	}
	const found = tree?.find(cwd);
	if (found === undefined || found.is === 'mounted') return [];
	if (found.is === 'found' && found.node.kind === 'directory') return [];
	if (found.is === 'missing' && !isSealed) return [];
	const message =
		found.is === 'found'
			? `the working directory ${cwd} is no directory in the image ${config.image}.`
			: `the image ${config.image} has no working directory ${cwd}, and in a read-only container runc cannot make it. ` +
				'Write another "cwd", or leave out "readonly".';
	return [{ check: 'working-directory', severity: 'error', path, message }];
}

/** `rw` stands alone or beside another word. */
function isRootWritable(commandLine: string): boolean {
	return parseKernelCommandLine(commandLine).rootWritable;
}
