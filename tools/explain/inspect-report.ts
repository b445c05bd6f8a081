// The text of `slipway inspect`: a name and a value a line.

import { printable } from '../../native/text/printable.ts';
import { formatSize } from '../terminal/format-size.ts';
import { shortDigest } from '../terminal/text-table.ts';
import type { BuiltDescription } from './describe-built.ts';
import type { ImageDescription } from './describe-image.ts';
import type { ProgramDescription } from './describe-program.ts';
import type { ContainerDescription, SystemDescription } from './describe-system.ts';

type Line = readonly [name: string, value: string];

export function imageReport(image: ImageDescription): string {
	const { layers, software, labels } = image;
	const count = layers.length === 1 ? '1 layer' : `${layers.length} layers`;
	return [
		`${printable(image.reference)}\n`,
		linesOf([
			['digest', image.digest],
			['platform', image.platform],
			['size', `${formatSize(image.sizeBytes)} in ${count}, compressed`],
			['entrypoint', image.entrypoint.join(' ')],
			['command', image.command.join(' ')],
			...image.environment.map((each): Line => ['environment', each]),
			['directory', image.workingDirectory ?? ''],
			['user', image.user ?? ''],
			['stop signal', image.stopSignal ?? ''],
			...Object.entries(labels).map(([name, value]): Line => ['label', `${name}=${value}`]),
			...(software ?? []).map(({ name, version }): Line => ['package', `${name} ${version}`]),
			...(software === null
				? [['packages', 'not known: slipway has not built this image; see "slipway explain"'] as const]
				: []),
		]),
	].join('');
}

export function systemReport(
	name: string,
	{ kernel, init, containers, volumes, files }: SystemDescription,
): string {
	return [
		`${printable(name)}\n`,
		linesOf([
			...(kernel === null
				? []
				: [['kernel', withDigest(kernel)] as const, ['command line', kernel.commandLine] as const]),
			...init.map((each): Line => ['init', withDigest(each)]),
			...volumes.map(
				({ name: volume, image }): Line => ['volume', `${volume}${image === null ? '' : ` from ${image}`}`],
			),
			...files.map((path): Line => ['file', path]),
		]),
		...containers.map(
			(each) => `\n${printable(`${each.section}/${each.name}`)}\n${linesOf(containerLines(each))}`,
		),
	].join('');
}

export function builtReport({ name, files, commandLine, root, memoryMegabytes }: BuiltDescription): string {
	return `${printable(name)}\n${linesOf([
		...files.map(({ path, sizeBytes }): Line => ['file', `${path}  ${formatSize(sizeBytes)}`]),
		['command line', commandLine],
		['root', root],
		['memory', memoryMegabytes === null ? '' : `at least ${memoryMegabytes} MB, and what its services need`],
	])}`;
}

export function programReport({ path, sizeBytes, commandLine, pcr11 }: ProgramDescription): string {
	return `${printable(path)}\n${linesOf([
		['size', formatSize(sizeBytes)],
		['command line', commandLine ?? ''],
		['PCR 11', pcr11 ?? 'not known: its stub is none of systemd 252'],
	])}`;
}

function containerLines(container: ContainerDescription): Line[] {
	return [
		['image', withDigest(container)],
		['command', container.command.join(' ')],
		['capabilities', container.capabilities.join(' ')],
		...container.binds.map((bind): Line => ['bind', bind]),
		['network', container.net ?? ''],
		['apparmor', container.apparmor === 'unconfined' ? '' : container.apparmor],
		['after', container.after.join(' ')],
	];
}

function withDigest({ image, digest }: { readonly image: string; readonly digest: string }): string {
	return `${image}  ${shortDigest(digest)}`;
}

/** Leaves out what has no value. */
function linesOf(lines: readonly Line[]): string {
	return lines
		.filter(([, value]) => value !== '')
		.map(([name, value]) => `  ${name.padEnd(14)}${printable(value)}\n`)
		.join('');
}
