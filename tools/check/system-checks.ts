// The checks of a system as a whole: its kernel, its init and what runs its containers.

import { parseKernelCommandLine } from '../../supervisor/contract/kernel-command-line.ts';
import { guestPaths } from '../../supervisor/contract/layout.ts';
import { internalNames, networksOf } from '../config/networks.ts';
import { kernelOf } from '../output/kernel-files.ts';
import type { Finding } from './finding.ts';
import type { ImageFacts } from './image-facts.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

/** @param namesInStore - returns the names of all images of the store */
export async function systemFindings(
	system: CheckedSystem,
	namesInStore: () => Promise<readonly string[]>,
): Promise<readonly Finding[]> {
	const kernel = await kernelFindings(system, namesInStore);
	return [
		...kernel,
		...initFindings(system),
		// A system that doesn't boot has a nearer problem.
		...(kernel.length > 0 ? [] : containerFindings(system)),
		...runtimeFindings(system),
		...portFindings(system),
		...consoleFindings(system),
		...commandLineFindings(system),
		...initPathFindings(system),
	];
}

async function kernelFindings(
	{ plan, kernel: facts }: CheckedSystem,
	namesInStore: () => Promise<readonly string[]>,
): Promise<Finding[]> {
	const { kernel } = plan.config;
	const binary = kernelOf(plan)?.binary;
	if (kernel === null || binary === undefined || facts === null || hasFile(facts, binary)) return [];
	const others = (await namesInStore()).filter((name) => /kernel[^/]*$/.test(name));
	const isNamed = kernel.binary !== undefined && kernel.binary !== '';
	const hint = !isNamed
		? others.length === 0
			? 'An image of a kernel has that file.'
			: `Kernel images in the store: ${others.join(', ')}.`
		: 'See "binary" in "kernel".';
	return [
		{
			check: 'kernel',
			severity: 'error',
			at: kernel.at,
			path: [isNamed ? 'binary' : 'image'],
			message: `the image ${kernel.image} is no kernel image: it has no file /${binary}. ${hint}`,
		},
	];
}

function hasFile(facts: ImageFacts, path: string): boolean {
	return (
		facts.files.includes(path) || Object.hasOwn(facts.programs, path) || Object.hasOwn(facts.links, path)
	);
}

function initFindings({ plan, root }: CheckedSystem): Finding[] {
	const { kernel, init } = plan.config;
	if (kernel === null || root?.has('/init') !== false) return [];
	const at = init[0]?.at ?? kernel.at;
	const message =
		init.length === 0
			? 'the system has a kernel but no "init": the kernel ends in a panic, as nothing is its first program. Add "init: ' +
				'[slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]".'
			: 'no image of "init" has the file /init: the kernel ends in a panic, as nothing is its first program.';
	return [{ check: 'init', severity: 'warning', at, path: [], message }];
}

/** Says nothing about a part of a system, which has no kernel or no init. */
function containerFindings({ plan, root, containers }: CheckedSystem): Finding[] {
	const { kernel } = plan.config;
	if (kernel === null || root?.has('/init') !== true || containers.length > 0) return [];
	const message =
		'the system has no "services" and no "onboot": it boots, and nothing runs in it. Add what it is for, such as ' +
		'"services: [{name: web, image: slipway/nginx:v1, net: host}]".';
	return [{ check: 'containers', severity: 'warning', at: kernel.at, path: [], message }];
}

const programs = [
	{ path: guestPaths.runc, image: 'slipway/runc:v1', runs: 'containers' },
	{ path: guestPaths.containerd, image: 'slipway/containerd:v1', runs: 'services' },
] as const;

/** Says nothing about a part of a system, which has no init. */
function portFindings({ plan, root, containers }: CheckedSystem): Finding[] {
	if (root?.has('/init') !== true || root.has(guestPaths.nft)) return [];
	const internal = internalNames(plan.config.networks);
	const needs = (key: 'ports' | 'networks', { config }: CheckedContainer): boolean =>
		key === 'ports'
			? 'ports' in config && (config.ports ?? []).length > 0
			: networksOf(config).some((name) => internal.includes(name));
	for (const { key, does } of nftUses) {
		const first = containers.find((container) => needs(key, container));
		if (first === undefined) continue;
		const message = `no image of "init" has ${guestPaths.nft}, which ${does}. Add slipway/nftables:v1 to "init".`;
		return [{ check: 'runtime', severity: 'error', at: first.config.at, path: [key], message }];
	}
	return [];
}

const nftUses = [
	{ key: 'ports', does: 'publishes ports' },
	{ key: 'networks', does: 'keeps internal networks to themselves' },
] as const;

/** Says nothing about a part of a system, which has no init. */
function runtimeFindings({ root, containers }: CheckedSystem): Finding[] {
	if (root?.has('/init') !== true) return [];
	return programs.flatMap(({ path, image, runs }): Finding[] => {
		const first = containers.find(({ section }) => runs === 'containers' || section === 'services');
		if (
			first === undefined ||
			[...root.programPaths()].some((each) => each.endsWith(path.slice(path.lastIndexOf('/'))))
		)
			return [];
		const message = `no image of "init" has ${path}, without which ${runs} do not run. Add ${image} to "init".`;
		return [{ check: 'runtime', severity: 'warning', at: first.config.at, path: [], message }];
	});
}

function consoleFindings({ plan, containers }: CheckedSystem): Finding[] {
	const { kernel } = plan.config;
	const getty = containers.find(({ config }) => /(?:^|\/)getty(?:[:@]|$)/.test(config.image));
	if (kernel === null || getty === undefined || /(?:^|\s)console=/.test(kernel.cmdline ?? '')) return [];
	const message =
		`the kernel's command line has no "console=", so ${getty.config.name} and the kernel's messages are on the ` +
		'machine\'s screen only, and "slipway run" shows nothing. Add "console=ttyS0" for a serial port.';
	return [{ check: 'console', severity: 'warning', at: kernel.at, path: ['cmdline'], message }];
}

/** PID 1 warns of the same words at boot. */
function commandLineFindings({ plan }: CheckedSystem): Finding[] {
	const { kernel } = plan.config;
	if (kernel === null) return [];
	return parseKernelCommandLine(kernel.cmdline ?? '').problems.map((problem): Finding => {
		const message = `${problem}. It has no effect.`;
		return { check: 'cmdline', severity: 'warning', at: kernel.at, path: ['cmdline'], message };
	});
}

/** Finds paths that are a directory in one init image and something else in another: the later image decides. */
function initPathFindings({ plan, init }: CheckedSystem): Finding[] {
	const findings: Finding[] = [];
	for (const [index, [name, facts]] of init.entries()) {
		for (const [other, before] of init.slice(0, index)) {
			const clash = facts === null || before === null ? null : clashOf(before, facts);
			const use = plan.config.init[index];
			if (clash === null || use === undefined) continue;
			const { path, first, second, isLost } = clash;
			const message =
				`/${path} is ${first} in ${other} and ${second} in ${name}, which comes later and replaces it. ` +
				(isLost
					? 'The files of one image would be lost. '
					: 'What is below the one that is replaced is not found. ') +
				'Build one of the two again so that it is the same kind in both.';
			const severity = isLost ? 'error' : 'warning';
			findings.push({ check: 'init-paths', severity, at: use.at, path: [], message });
		}
	}
	return findings;
}

interface Clash {
	readonly path: string;
	readonly first: string;
	readonly second: string;
	/** The directory has contents. */
	readonly isLost: boolean;
}

function clashOf(before: ImageFacts, after: ImageFacts): Clash | null {
	const [inBefore, inAfter] = [leavesOf(before), leavesOf(after)];
	for (const path of after.directories)
		if (inBefore.has(path))
			return { path, first: kindOf(before, path), second: 'a directory', isLost: hasContents(after, path) };
	for (const path of before.directories)
		if (inAfter.has(path))
			return { path, first: 'a directory', second: kindOf(after, path), isLost: hasContents(before, path) };
	return null;
}

/** Returns all paths but those of directories. */
function leavesOf({ files, programs: own, links }: ImageFacts): ReadonlySet<string> {
	return new Set([...files, ...Object.keys(own), ...Object.keys(links)]);
}

function hasContents(facts: ImageFacts, folder: string): boolean {
	const isInside = (path: string): boolean => path.startsWith(`${folder}/`);
	return facts.directories.some(isInside) || [...leavesOf(facts)].some(isInside);
}

function kindOf({ links }: ImageFacts, path: string): string {
	return Object.hasOwn(links, path) ? `a symbolic link to ${links[path]}` : 'a file';
}
