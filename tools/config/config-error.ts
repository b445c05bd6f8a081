// The error for a wrong configuration. It lists all problems, each with file:line:column, the line and a caret.

import { shortened } from '../../native/text/shortened.ts';
import { SlipwayError } from '../errors.ts';
import { formatPosition, type Position } from './position.ts';

export interface Problem {
	readonly at: Position;
	/** Is a sentence: what is wrong, and what was expected. */
	readonly message: string;
	/** The line of the file, for the excerpt. */
	readonly excerpt: string;
}

/** A document with more problems than this is not checked further. */
export const maxProblems = 500;

/** Bounds the text of an error, for any number of problems and any length of lines. */
const shownProblems = 50;
const maxMessageLength = 1000;
const maxExcerptLength = 200;

export class ConfigError extends SlipwayError {
	readonly problems: readonly Problem[];

	constructor(given: readonly Problem[]) {
		const problems = given.map((each) => ({
			...each,
			message: shortened(oneLine(each.message), maxMessageLength),
		}));
		const more = problems.length - shownProblems;
		const rest = problems.length < maxProblems ? `and ${more} more` : `and at least ${more} more`;
		const shown = problems.slice(0, shownProblems).map(problemText);
		super('BAD_CONFIG', [...shown, ...(more > 0 ? [`… ${rest} problems.`] : [])].join('\n'));
		this.name = 'ConfigError';
		this.problems = problems;
	}
}

/** A message may quote a text of several lines. */
function oneLine(message: string): string {
	return message.replaceAll('\n', '\\n');
}

/** Returns the lines of one problem: the position with the message, the line of the file, and a caret. */
export function problemText(problem: Problem): string {
	const head = `${formatPosition(problem.at)}: ${problem.message}`;
	const [line, column] = window(problem.excerpt, problem.at.column);
	const excerpt = line.trimEnd();
	if (excerpt === '') return head;
	// Tabs stay tabs, so that the caret stands below its column.
	const indent = line.slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
	return `${head}\n  ${excerpt}\n  ${indent}^`;
}

/** Returns the part of a long line around a column, and the column in that part. */
function window(line: string, column: number): [part: string, column: number] {
	if (line.length <= maxExcerptLength) return [line, column];
	const start = Math.max(0, column - 1 - maxExcerptLength / 2);
	const part = line.slice(start, start + maxExcerptLength);
	const [before, after] = [start > 0 ? '…' : '', start + maxExcerptLength < line.length ? '…' : ''];
	return [`${before}${part}${after}`, column - start + before.length];
}
