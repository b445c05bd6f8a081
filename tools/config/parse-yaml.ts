// A YAML text as a document with positions, as generous with lines as LinuxKit's reader is: inside brackets and quotes a
// line may begin in any column, with spaces or tabs (YAML 1.2 wants it further right than what holds the brackets).

import {
	Composer,
	type CST,
	type Document,
	type DocumentOptions,
	Lexer,
	type LineCounter,
	type ParseOptions,
	Parser,
	type SchemaOptions,
	YAMLParseError,
} from 'yaml';
import { scalarTags } from './scalar-tags.ts';

export const parseOptions: ParseOptions & DocumentOptions & SchemaOptions = {
	schema: 'failsafe',
	customTags: [...scalarTags],
	prettyErrors: false,
};

/** @param lines - is told where lines begin */
export function parseYaml(text: string, lines: LineCounter): Document.Parsed {
	const composer = new Composer(parseOptions);
	const [document, second] = composer.compose(tokensOf(text, lines), true, text.length);
	// The composer makes one even of nothing.
	if (document === undefined) throw new Error('No document.');
	if (second !== undefined) {
		const [from, to] = second.range;
		document.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', 'Several documents'));
	}
	return document;
}

function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token, void> {
	const parser = new Parser(lines.addNewLine);
	lines.addNewLine(0);
	for (const lexeme of generousLexer().lex(text)) yield* parser.next(lexeme);
	yield* parser.end();
}

/** What of the library's lexer decides on columns; its types hide these names, and parse-yaml.test.ts watches them. */
interface LexerInside {
	/** The first column that belongs to what has been begun. */
	indentNext: number;
	parseNext(this: LexerInside, state: string): Generator<string, string | undefined>;
	parseQuotedScalar(this: LexerInside): Generator<string, string | undefined>;
}

function generousLexer(): Lexer {
	const lexer = new Lexer();
	const inside = lexer as unknown as LexerInside;
	const { parseNext, parseQuotedScalar } = inside;
	inside.parseNext = (state) =>
		state === 'flow'
			? inAnyColumn(inside, () => parseNext.call(inside, state))
			: parseNext.call(inside, state);
	inside.parseQuotedScalar = () => inAnyColumn(inside, () => parseQuotedScalar.call(inside));
	return lexer;
}

function* inAnyColumn<T>(inside: LexerInside, step: () => Generator<string, T>): Generator<string, T> {
	const before = inside.indentNext;
	inside.indentNext = 0;
	try {
		return yield* step();
	} finally {
		inside.indentNext = before;
	}
}
