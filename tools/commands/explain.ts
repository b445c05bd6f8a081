// `slipway explain`: what is in a system, and why it is large.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { parse } from 'node:path';
import { jsonText } from '../../native/text/json-text.ts';
import { UsageError } from '../errors.ts';
import { readBuiltContents } from '../explain/built-contents.ts';
import { readContents, type TreeContents } from '../explain/contents.ts';
import { sizeReport } from '../explain/size-report.ts';
import { systemSizes } from '../explain/sizes.ts';
import { treemapSvg } from '../explain/treemap.ts';
import { replaceFile } from '../files/replace-file.ts';
import { removingOnSignals, type TemporaryPaths } from '../files/temporary-paths.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { platformOf } from '../options/arch-option.ts';
import { planBuild } from '../options/build-plan.ts';
import { type PlanOptions, planOptions, planOptionsOf } from '../options/plan-options.ts';
import { readSystem } from '../options/read-system.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { Streams } from '../terminal/streams.ts';
import { startProgress, type WorkProgress } from '../terminal/work-progress.ts';

const about = `Shows what is in the system that the YAML files describe, or in the built system NAME, and why it is large: its size by
image, by package and by file. Sizes are those of the unpacked files; packed it is smaller.
Files that are equal in several images count for each of them, though a root image stores them once.`;

const notes = `Packages are those that images list: Slipway's own ones name their Debian packages, images of Debian and Alpine carry
the lists of dpkg and apk. A built system no longer says which image a file is of: its sizes are by container.`;

const options = {
	svg: { value: 'FILE', completes: 'file', help: 'write a treemap too, in which an area is a size' },
	top: { value: 'COUNT', default: '15', help: 'the number of files and packages to list' },
	json: { help: 'print one JSON object, for programs' },
	...planOptions,
} as const satisfies OptionTable;

export const explainCommand: Command = {
	name: 'explain',
	summary: 'show what is in a system and why it is large',
	operands: 'FILE.yml...|NAME',
	operandsComplete: 'file',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const last = positionals.at(-1);
		if (last === undefined)
			throw new UsageError(
				'explain needs a YAML file or a built system, for example web.yml (slipway new web).',
			);
		const top = countOf(values.top);
		const name = parse(last).base.replace(/\.ya?ml$/, '');
		await removingOnSignals(async (temporary) => {
			const contents = await readTree(planOptionsOf(values, positionals), temporary, streams, false);
			const sizes = systemSizes(contents, top);
			if (values.svg !== undefined) {
				const svg = treemapSvg(name, contents.parts);
				await replaceFile(values.svg, temporary, async (path) => await writeFile(path, svg));
			}
			streams.out.write(values.json ? jsonText({ name, ...sizes }) : sizeReport(name, sizes, top));
		});
		return 0;
	},
};

function countOf(text: string): number {
	if (/^\d{1,6}$/.test(text)) return Number(text);
	throw new UsageError(`--top ${text}: expected a number.`);
}

/** Reads the tree of a built system, or plans the system of the YAML files and reads that. */
export async function readTree(
	planning: PlanOptions,
	temporary: TemporaryPaths,
	streams: Streams,
	withDigests: boolean,
): Promise<TreeContents> {
	const [first = '', ...more] = planning.files;
	if (more.length === 0 && first !== '-' && !/\.ya?ml$/.test(first)) {
		const work = { name: `reading ${parse(first).base}`, total: null, unit: null };
		const progress = startProgress(streams.err, work);
		return await readBuiltContents(first, tmpdir(), temporary, withDigests).finally(() => progress.end());
	}
	const system = await readSystem(planning);
	const store = openStoreWithPackages(
		storeFolder(planning.cache),
		temporary,
		planning.maxUnpackedBytes,
		platformOf(planning.processor),
	);
	const plan = await planBuild(system, planning, store, streams);
	let progress: WorkProgress | null = null;
	return await readContents(plan, store.blobs, withDigests, (done, total, next) => {
		progress ??= startProgress(streams.err, { name: `reading ${parse(first).name}`, total, unit: 'parts' });
		progress.advance(done, next);
	}).finally(() => progress?.end());
}
