// Formats lists for people. Each column has one width, except the last.

import { printable } from '../../native/text/printable.ts';

/** Returns a line for each row. Each cell passes `printable`. @param cells - the first row has the names of the columns */
export function textTable(cells: readonly (readonly string[])[]): string {
	const rows = cells.map((row) => row.map(printable));
	const columns = Math.max(...rows.map((row) => row.length)) - 1;
	const widths = Array.from({ length: columns }, (_, column) =>
		Math.max(...rows.map((row) => row[column]?.length ?? 0)),
	);
	const line = (row: readonly string[]): string =>
		row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
	return rows.map((row) => `${line(row)}\n`).join('');
}

/** Returns the first 12 hexadecimal digits of a digest, as `docker images` shows them. */
export function shortDigest(digest: string): string {
	return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
