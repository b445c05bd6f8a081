// Colours on a terminal: whether they are wanted, and how a word gets one (ECMA-48, SGR). Pure.

/** The facts of the environment that decide about colours (no-color.org, bixense.com/clicolors). */
export interface ColourEnvironment {
	readonly NO_COLOR?: string | undefined;
	readonly CLICOLOR?: string | undefined;
	readonly CLICOLOR_FORCE?: string | undefined;
	readonly TERM?: string | undefined;
}

const styles = { good: '32', busy: '33', bad: '1;31', dim: '2' } as const;

export type Style = keyof typeof styles;

/** NO_COLOR wins over CLICOLOR_FORCE. A log of a CI system is no terminal, so it has none unless forced. */
export function wantsColour(environment: ColourEnvironment, isTerminal: boolean): boolean {
	const { NO_COLOR = '', CLICOLOR, CLICOLOR_FORCE = '', TERM = '' } = environment;
	if (NO_COLOR !== '') return false;
	if (CLICOLOR_FORCE !== '' && CLICOLOR_FORCE !== '0') return true;
	return isTerminal && TERM !== 'dumb' && TERM !== '' && CLICOLOR !== '0';
}

export function styled(text: string, style: Style): string {
	return text === '' ? '' : `\u001b[${styles[style]}m${text}\u001b[0m`;
}

/**
 * Colours the words of one column of a table, which keeps its widths.
 *
 * @param text - the table; its first line has the headings
 * @param styleOf - null: the word keeps its colour
 */
export function colourColumn(text: string, heading: string, styleOf: (word: string) => Style | null): string {
	const [first = '', ...lines] = text.split('\n');
	const start = first.split(/(?<= )(?=\S)/).reduce(
		(found, word) => {
			if (found.done) return found;
			return word.trim() === heading
				? { at: found.at, done: true }
				: { at: found.at + word.length, done: false };
		},
		{ at: 0, done: false },
	);
	if (!start.done) return text;
	const painted = lines.map((line) => {
		const word = /^\S+/.exec(line.slice(start.at))?.[0] ?? '';
		const style = styleOf(word);
		if (style === null || word === '') return line;
		return `${line.slice(0, start.at)}${styled(word, style)}${line.slice(start.at + word.length)}`;
	});
	return [first, ...painted].join('\n');
}
