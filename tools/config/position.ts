// Where something stands in a YAML file.

export interface Position {
	readonly file: string;
	/** From 1. */
	readonly line: number;
	readonly column: number;
}

export function formatPosition(at: Position): string {
	return `${at.file}:${at.line}:${at.column}`;
}
