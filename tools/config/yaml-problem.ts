// Explains errors of YAML syntax in plain words; the library uses the terms of the specification.

import {
	type Document,
	isCollection,
	isScalar,
	type LineCounter,
	visit,
	type YAMLError,
	type YAMLWarning,
} from 'yaml';

export interface YamlProblem {
	readonly offset: number;
	readonly message: string;
	/** Something begins there and has no end. */
	readonly isOpen?: true;
}

/** The number of the library's errors that are explained: finding a beginning may take a visit of the document. */
const maxErrors = 500;

/** @param lines - the lines of the same text */
export function yamlProblems(document: Document.Parsed, text: string, lines: LineCounter): YamlProblem[] {
	const problems = [
		...document.errors.slice(0, maxErrors).map((error) => problemOf(error, document, text)),
		// Some warnings of the library are errors for LinuxKit's reader. It ignores other tags.
		...document.warnings
			.filter(({ code, message }) => code === 'BAD_DIRECTIVE' || message.includes('tag:yaml.org'))
			.slice(0, maxErrors)
			.map((warning) => problemOf(warning, document, text)),
	];
	// The braces of a variable begin a map, so that later errors are misleading.
	const braces = problems.filter(({ offset }) => text.startsWith('${', offset - 1));
	if (braces.length > 0) return braces;
	// An open bracket or quote hides what follows, and several errors in one line have one cause.
	const end = Math.min(...problems.filter(({ isOpen }) => isOpen === true).map(({ offset }) => offset));
	const reported = problems.filter(({ offset }) => offset <= end);
	const lineNumbers = reported.map(({ offset }) => lines.linePos(offset).line);
	return reported.filter((_, index) => lineNumbers.indexOf(lineNumbers[index] ?? 0) === index);
}

function problemOf(error: YAMLError | YAMLWarning, document: Document.Parsed, text: string): YamlProblem {
	const offset = error.pos[0];
	const at = (message: string): YamlProblem => ({ offset, message });
	if (text.startsWith('${', offset - 1)) return at('Inside brackets a value with "${" needs quotes.');
	switch (error.code) {
		case 'MULTIPLE_DOCS':
			return at('A second document begins here; give each a file of its own.');
		case 'DUPLICATE_KEY': {
			const [key] = /^(?:"[^"]*"|'[^']*'|[^\s:]*)/.exec(text.slice(offset)) ?? [];
			return at(`The key ${key} stands here for the second time.`);
		}
		case 'TAB_AS_INDENT':
			return at('A tab stands here, where only spaces may be.');
		case 'BAD_SCALAR_START':
			return at(`A value can't begin with ${text[offset]}. Put it in quotes.`);
		case 'MULTILINE_IMPLICIT_KEY':
			if (/^[\w.-]+:[^\s/]/.test(text.slice(offset))) return at('A space is missing after the ":".');
			return at('This is neither "key: value" nor "- item", or the lines below stand too far right.');
		case 'BAD_DQ_ESCAPE':
			return at(
				`"${text.slice(offset, offset + 2)}" has no meaning in double quotes. Write \\\\ for a backslash, or put the text in single quotes.`,
			);
		case 'TAG_RESOLVE_FAILED':
			return at('This value is not what its tag says.');
	}
	const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
	if (/^\s*-[\w.]+:\s/.test(before)) return at('A space is missing after the "-" of this line.');
	if (error.message.startsWith('Nested mappings') && !/^[^\n]*:(?:\s|$)/.test(text.slice(offset)))
		return at(
			'The line below stands too far right. A key begins in the column of the keys that it belongs to.',
		);
	if (
		error.message.startsWith('Unexpected scalar at node end') &&
		before.trim() === '' &&
		/^[\w.-]+:/.test(text.slice(offset))
	)
		return at('This line stands left of the keys above it. Begin all of them in the same column.');
	for (const [start, message] of plainWords) if (error.message.startsWith(start)) return at(message);
	if (/^(?:Flow |Missing closing)/.test(error.message)) return unclosed(offset, document, text);
	return at(error.message.replace(/\.?$/, '.'));
}

/** Chosen by the beginning of the library's message, because its codes are less exact. */
const plainWords: readonly (readonly [string, string])[] = [
	['Missing ,', 'A "," is missing here, or quotes round the value.'],
	['Nested mappings', 'A second ": " stands in this line. Put the value in quotes.'],
	['All mapping items', 'This key begins in another column than the keys that it belongs to.'],
	['Sequence item without', "This line stands left of its item's other keys. Begin it in their column."],
	['A block sequence may not', 'This "- item" begins in another column than the list that it belongs to.'],
	['Unexpected block-seq-ind', "A list can't begin here. Begin it in the next line."],
	['Implicit map keys need', 'This is neither "key: value" nor "- item".'],
	['Unexpected scalar at node end', 'Nothing may follow the value. Put all of it in quotes.'],
	['Anchor cannot be', 'A "&" begins the name of an anchor, which is missing. A text with it needs quotes.'],
	['Alias cannot be', 'A "*" begins the name of an anchor, which is missing. A text with it needs quotes.'],
	['Unexpected , in flow', 'A "," stands here with nothing before it. Leave it out.'],
	['Unexpected flow-', 'Nothing was begun that could end here.'],
];

/** Returns the position of the beginning; the library reports the end of the text. */
function unclosed(end: number, document: Document.Parsed, text: string): YamlProblem {
	let offset = end;
	visit(document, {
		Node(_, node) {
			const [from, to] = node.range ?? [end, 0];
			const isOpen =
				(isCollection(node) && node.flow === true) || (isScalar(node) && /^QUOTE/.test(node.type ?? ''));
			if (isOpen && from < end && to >= end) offset = from;
		},
	});
	const close: Readonly<Record<string, string>> = { '[': ']', '{': '}' };
	const open = text[offset] ?? '';
	return { offset, isOpen: true, message: `What begins here has no ${close[open] ?? open} at its end.` };
}
