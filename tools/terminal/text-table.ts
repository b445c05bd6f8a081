// Lists for people: columns of one width each, the last one as it comes.

/** @param rows - the first one has the columns' names */
export function textTable(rows: readonly (readonly string[])[]): string {
	const columns = Math.max(...rows.map((row) => row.length)) - 1;
	const widths = Array.from({ length: columns }, (_, column) =>
		Math.max(...rows.map((row) => row[column]?.length ?? 0)),
	);
	const line = (row: readonly string[]): string =>
		row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
	return rows.map((row) => `${line(row)}\n`).join('');
}

/** As many digits as `docker images` shows. */
export function shortDigest(digest: string): string {
	return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
