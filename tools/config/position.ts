// A position in a YAML file.

export interface Position {
	readonly file: string;
	/** Counts from 1, as does the column. */
	readonly line: number;
	readonly column: number;
}

export function formatPosition(at: Position): string {
	return `${at.file}:${at.line}:${at.column}`;
}
