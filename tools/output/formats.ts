// The table of output formats. The help, the choices of `--format`, the YAML's `outputs`, the files of a build and what
// `slipway run` boots all follow from it: a new format is a file beside this one and a line in `outputFormats`.

import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import type { OutputFormat } from './format.ts';
import { gcpFormat, tarKernelInitrdFormat } from './format-archives.ts';
import { kernelInitrdFormat } from './format-kernel-initrd.ts';
import { kernelErofsFormat, kernelIsoFormat, kernelSquashfsFormat } from './format-kernel-root.ts';
import { mediaFormats } from './format-medium.ts';
import { dockerFormat, tarFormat } from './format-tar.ts';
import { findMediaTool, type MediaToolName, missingToolsError } from './media-tools.ts';

/** The first one is the default. */
export const outputFormats: readonly [OutputFormat, ...OutputFormat[]] = [
	kernelInitrdFormat,
	kernelSquashfsFormat,
	kernelErofsFormat,
	kernelIsoFormat,
	tarFormat,
	dockerFormat,
	tarKernelInitrdFormat,
	...mediaFormats,
	gcpFormat,
];

/** The other formats of `linuxkit build` (its moby/build/output.go), so that an error can name them as such. */
const notBuilt: ReadonlySet<string> = new Set(['rpi3']);

interface ChosenFormats {
	/** At least one format, and each once. */
	readonly formats: readonly OutputFormat[];
	/** Of `outputs`, beside others that are built: sentences about those that are not, without their ends. */
	readonly leftOut: readonly string[];
}

/**
 * The formats of `--format`, else those that the YAML's `outputs` (a key of LinuxKit's files of 2017) names, else the
 * default. Throws for an unknown name. A format of LinuxKit that is not built is an error too, one whose tools this host
 * lacks and one for a BIOS that the processor's machines do not have, except in an `outputs` that also names one that is
 * built: those files must build as they stand.
 *
 * @param asked - the values of `--format`, each a name or several with commas between
 * @param outputs - the names in the YAML
 */
export function chooseFormats(
	asked: readonly string[],
	outputs: readonly string[],
	processor: Processor = hostProcessor,
	missingTools: (tools: readonly MediaToolName[]) => readonly MediaToolName[] = missingOf,
): ChosenFormats {
	const lackOf = (format: OutputFormat): readonly MediaToolName[] =>
		missingTools(neededTools(format, processor));
	const names = asked.flatMap((each) => each.split(','));
	for (const name of names) {
		if (find(name) === undefined) throw new UsageError(`--format ${name}: ${notThere(name)}`);
	}
	const withTools = (formats: readonly OutputFormat[]): readonly OutputFormat[] => {
		for (const format of formats) {
			if (!startsOn(processor, format)) throw noBios(format, processor);
			const missing = lackOf(format);
			if (missing.length > 0) throw missingToolsError(format.name, missing);
		}
		return together(formats);
	};
	if (names.length > 0) return { formats: withTools(distinct(names)), leftOut: [] };
	if (outputs.length === 0) return { formats: [outputFormats[0]], leftOut: [] };
	const known = distinct(outputs);
	const fit = known.filter((format) => startsOn(processor, format) && lackOf(format).length === 0);
	const unknown = outputs.filter((name) => find(name) === undefined);
	const wrong = unknown.find((name) => known.length === 0 || !notBuilt.has(name));
	if (wrong !== undefined) throw new SlipwayError('BAD_CONFIG', `outputs: ${wrong}: ${notThere(wrong)}`);
	const formats = withTools(fit.length === 0 ? known : fit);
	const leftOut = [
		...unknown.map((name) => `slipway does not build the format ${name}`),
		...known
			.filter((format) => !formats.includes(format))
			.map((format) =>
				startsOn(processor, format)
					? `this machine lacks ${lackOf(format).join(', ')} for the format ${format.name}`
					: `machines for ${processor.name} have no BIOS for the format ${format.name}`,
			),
	];
	return { formats, leftOut };
}

/** Returns what the format takes from the host. The stub for another processor is fetched, so it is not among them. */
export function neededTools(
	{ hasEfiProgram = false, biosTools = [], tools = [] }: OutputFormat,
	{ hasBios, efi }: Processor,
): readonly MediaToolName[] {
	const isOwn = efi.stub === hostProcessor.efi.stub;
	return [...(hasEfiProgram && isOwn ? [efi.stub] : []), ...(hasBios ? biosTools : []), ...tools];
}

function missingOf(tools: readonly MediaToolName[]): readonly MediaToolName[] {
	return tools.filter((name) => findMediaTool(name) === null);
}

/** Returns false for a format that only a BIOS starts, and machines without one. */
function startsOn({ hasBios }: Processor, { hasEfiProgram = false, biosTools }: OutputFormat): boolean {
	return hasBios || hasEfiProgram || biosTools === undefined;
}

function noBios({ name }: OutputFormat, processor: Processor): SlipwayError {
	const fit = outputFormats.filter((format) => startsOn(processor, format)).map((format) => format.name);
	return new SlipwayError(
		'BAD_CONFIG',
		`The format ${name} is for machines with a BIOS, and those for ${processor.name} start by UEFI. Formats for ${processor.name}: ${fit.join(', ')}.`,
	);
}

/** Describes every format in lines for the help of `--format`: the name, the description and the files. */
export function formatLines(): string[] {
	const width = Math.max(...outputFormats.map(({ name }) => name.length));
	return outputFormats.map(({ name, description, endings }) => {
		const files = endings.map((ending) => `NAME${ending}`).join(', ');
		return `${name.padEnd(width)}  ${description}: ${files}`;
	});
}

/** Throws when none of the formats is a disk. */
export function requireDisk(formats: readonly OutputFormat[]): void {
	if (formats.some(({ isDisk }) => isDisk === true)) return;
	const disks = outputFormats.filter(({ isDisk }) => isDisk === true).map(({ name }) => name);
	throw new UsageError(
		`--size is the size of a disk, and none is built: ${formats.map(({ name }) => name).join(', ')}. Formats with one: ${disks.join(', ')}.`,
	);
}

/** Throws when one of the formats has no EFI program to sign, and when this host lacks the program that signs. */
export function requireSignable(formats: readonly OutputFormat[]): void {
	const [other] = formats.filter(({ hasEfiProgram }) => hasEfiProgram !== true);
	if (other !== undefined) {
		const signable = outputFormats.filter(({ hasEfiProgram }) => hasEfiProgram === true);
		throw new UsageError(
			`--sign-key signs EFI programs, and the format ${other.name} has none. Formats with one: ${signable.map(({ name }) => name).join(', ')}.`,
		);
	}
	if (findMediaTool('sbsign') === null) throw missingToolsError('--sign-key', ['sbsign']);
}

function find(name: string): OutputFormat | undefined {
	return outputFormats.find((format) => format.name === name);
}

function distinct(names: readonly string[]): OutputFormat[] {
	return [...new Set(names.flatMap((name) => find(name) ?? []))];
}

/** Refuses formats that write the same file. */
function together(formats: readonly OutputFormat[]): readonly OutputFormat[] {
	const writers = new Map<string, string>();
	for (const { name, endings } of formats) {
		for (const ending of endings) {
			const other = writers.get(ending);
			if (other !== undefined) {
				const message = `The formats ${other} and ${name} both write NAME${ending}: build them one after the other, with --name.`;
				throw new SlipwayError('BAD_CONFIG', message);
			}
			writers.set(ending, name);
		}
	}
	return formats;
}

/** Returns the endings of files that an earlier build of another format may have left beside those of these formats. */
export function staleEndings(formats: readonly OutputFormat[]): string[] {
	const written = new Set(formats.flatMap(({ endings }) => endings));
	const related = outputFormats.filter(({ endings }) => endings.some((ending) => written.has(ending)));
	return related.flatMap(({ endings }) => endings.filter((ending) => !written.has(ending)));
}

function notThere(name: string): string {
	const why = notBuilt.has(name)
		? 'slipway does not build this format of LinuxKit'
		: 'there is no such format';
	return `${why}. Formats: ${outputFormats.map((format) => format.name).join(', ')}.`;
}
