// The checks of one container: its program and its namespaces. mount-checks.ts has those of its mounts.

import { nearestName } from '../../native/text/nearest-name.ts';
import { type Processor, processorNamed } from '../../supervisor/contract/processors.ts';
import type { ServiceConfig } from '../config/system-config.ts';
import type { ValuePath } from '../config/value-position.ts';
import { namespacePath } from '../system/bundle/container-network.ts';
import { imageHealth } from '../system/bundle/image-health.ts';
import type { Finding } from './finding.ts';
import {
	directoryFindings,
	isBelow,
	isBind,
	isSealed,
	sourceFindings,
	targetFindings,
} from './mount-checks.ts';
import { startProblem } from './program-check.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

type Found = Pick<Finding, 'check' | 'severity' | 'path' | 'message'>;

export function containerFindings(system: CheckedSystem, container: CheckedContainer): readonly Finding[] {
	const found = [
		...startFindings(container, processorOf(system, container)),
		...sourceFindings(system, container),
		...(isSealed(system, container) ? targetFindings(container) : []),
		...directoryFindings(container, isSealed(system, container)),
		...namespaceFindings(system, container),
		...nameFindings(container),
	];
	const { config } = container;
	return found.map((each) => ({ ...each, at: config.at, message: `${config.name}: ${each.message}` }));
}

/** PID 1's log has a name among those of the containers (supervisor/cli/plain-logs.ts). */
function nameFindings({ config }: CheckedContainer): Found[] {
	if (config.name !== 'init') return [];
	const message = '"service logs init" would show this container, and no longer PID 1. Choose another name.';
	return [{ check: 'name', severity: 'warning', path: ['name'], message }];
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
