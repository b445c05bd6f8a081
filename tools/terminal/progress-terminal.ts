// Where progress is shown, and whether it is a terminal on which a line can be rewritten.

export interface ProgressTerminal {
	write(text: string): unknown;
	readonly isTTY?: boolean;
	readonly columns?: number;
}

/** Returns to the first column and clears the line (ECMA-48, EL). */
export const clearLine = '\r\u001b[K';

/** A CI system may give a terminal, but keeps every state of a line in its log. */
export function isLiveTerminal(
	terminal: ProgressTerminal,
	environment: NodeJS.ProcessEnv = process.env,
): boolean {
	const { CI = '', TERM = '' } = environment;
	return terminal.isTTY === true && TERM !== 'dumb' && (CI === '' || CI === 'false');
}
