// The text of `slipway diff`: what is gone (-), new (+) or other (~).

import { formatSize } from '../terminal/format-size.ts';
import { shortDigest, textTable } from '../terminal/text-table.ts';
import type { Change, ConfigurationChange, FileState, SystemDifference } from './compare.ts';

const maxValueLength = 200;

/** @param maxFiles - the number of files to list; further ones are counted */
export function differenceReport(difference: SystemDifference, maxFiles: number): string {
	const { bytes, images, packages, files, configuration } = difference;
	const blocks = [
		block(
			'Images',
			images.map((change) => row(change, shortDigest)),
		),
		block(
			'Packages',
			packages.map((change) => row(change, (version) => version)),
		),
		configurationBlock(configuration),
		block(
			'Files',
			largestFirst(files)
				.slice(0, maxFiles)
				.map((change) => row(slashed(change), fileState)),
		),
		...(files.length > maxFiles ? [`  and ${files.length - maxFiles} more files; see --all\n`] : []),
	];
	const grown = bytes.after - bytes.before;
	const sign = grown < 0 ? '-' : '+';
	const size = `${formatSize(bytes.before)} -> ${formatSize(bytes.after)} (${sign}${formatSize(Math.abs(grown))})`;
	return `${blocks.join('')}Size  ${size}, unpacked\n`;
}

function block(title: string, rows: readonly (readonly string[])[]): string {
	if (rows.length === 0) return '';
	const lines = textTable(rows.map((cells) => cells.map((cell) => cell.slice(0, maxValueLength))));
	return `${title}\n${lines.replaceAll(/^(?=.)/gm, '  ')}`;
}

function row<T>({ name, before, after }: Change<T>, text: (value: T) => string): string[] {
	if (before === null) return [`+ ${name}`, after === null ? '' : text(after)];
	if (after === null) return [`- ${name}`, text(before)];
	return [`~ ${name}`, `${text(before)} -> ${text(after)}`];
}

function slashed(change: Change<FileState>): Change<FileState> {
	return { ...change, name: `/${change.name}` };
}

function fileState({ sizeBytes, attributes }: FileState): string {
	return attributes.startsWith('file') ? `${formatSize(sizeBytes)} ${attributes.slice(5)}` : attributes;
}

/** What changes the size most comes first. */
function largestFirst(files: readonly Change<FileState>[]): Change<FileState>[] {
	const grown = ({ before, after }: Change<FileState>): number =>
		Math.abs((after?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0));
	return files.toSorted((a, b) => grown(b) - grown(a) || (a.name < b.name ? -1 : 1));
}

function configurationBlock(changes: readonly ConfigurationChange[]): string {
	const rows = changes.map(({ file, at, before, after }) => {
		const place = at === '' || at === before || at === after ? file : `${file} ${at}`;
		return row({ name: place, before, after }, (value) => value);
	});
	return block('Configuration', rows);
}
