// The text of `slipway explain`: tables for people.

import { printable } from '../../native/text/printable.ts';
import { formatSize } from '../terminal/format-size.ts';
import { textTable } from '../terminal/text-table.ts';
import type { SizedPackage, SystemSizes } from './sizes.ts';

/** @param top - the number of packages to list */
export function sizeReport(name: string, sizes: SystemSizes, top: number): string {
	const { total, sharedBytes, parts, packages, largest } = sizes;
	const share = (bytes: number): string =>
		`${total.bytes === 0 ? 0 : Math.round((100 * bytes) / total.bytes)} %`.padStart(5);
	const size = (bytes: number): string => formatSize(bytes).padStart(8);
	const partRows = parts.map((part) => [
		size(part.bytes),
		share(part.bytes),
		String(part.files).padStart(5),
		part.name,
	]);
	const packageRows = packages
		.slice(0, top)
		.map((each) => [
			each.bytes === null ? '       -' : size(each.bytes),
			each.bytes === null ? '     ' : share(each.bytes),
			versioned(each),
			each.images.join(' '),
		]);
	const fileRows = largest.map((file) => [size(file.bytes), share(file.bytes), `/${file.path}`, file.part]);
	const more = packages.length - packageRows.length;
	return printedTables([
		`${name}: ${formatSize(total.bytes)} in ${total.files} files, unpacked`,
		...(sharedBytes === null || sharedBytes === 0
			? []
			: [`${formatSize(sharedBytes)} of that are files equal to others, which the root image stores once.`]),
		[['    SIZE', 'SHARE', 'FILES', 'IMAGE'], ...partRows],
		...(packages.length === 0
			? []
			: [
					[['    SIZE', 'SHARE', 'PACKAGE', 'IN'], ...packageRows],
					...(more > 0 ? [`and ${more} more packages; see --top`] : []),
				]),
		[['    SIZE', 'SHARE', 'LARGEST FILE', 'IMAGE'], ...fileRows],
	]);
}

function versioned({ name, version }: SizedPackage): string {
	return version === '' ? name : `${name} ${version}`;
}

/** Names in images may hold anything. */
function printedTables(blocks: readonly (string | readonly (readonly string[])[])[]): string {
	return blocks
		.map((block) => {
			if (typeof block === 'string') return `${printable(block)}\n`;
			return `\n${textTable(block)}`;
		})
		.join('');
}
