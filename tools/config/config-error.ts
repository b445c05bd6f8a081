// All that is wrong with the configuration, told at once: file:line:column, the line itself, a caret, a way out.

import { SlipwayError } from '../errors.ts';
import { formatPosition, type Position } from './position.ts';

export interface Problem {
	readonly at: Position;
	/** A sentence: what is wrong and what was expected. */
	readonly message: string;
	/** The line of the file, for the excerpt. */
	readonly excerpt: string;
}

export class ConfigError extends SlipwayError {
	readonly problems: readonly Problem[];

	constructor(problems: readonly Problem[]) {
		super('BAD_CONFIG', problems.map(formatProblem).join('\n'));
		this.name = 'ConfigError';
		this.problems = problems;
	}
}

function formatProblem(problem: Problem): string {
	const head = `${formatPosition(problem.at)}: ${problem.message}`;
	const excerpt = problem.excerpt.trimEnd();
	if (excerpt === '') return head;
	// Tabs stay tabs, so that the caret stands below its column.
	const indent = problem.excerpt.slice(0, problem.at.column - 1).replaceAll(/[^\t]/g, ' ');
	return `${head}\n  ${excerpt}\n  ${indent}^`;
}
