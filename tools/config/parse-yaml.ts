// Parses a YAML text into a document with positions, in linear and bounded time. As in LinuxKit's reader, a line inside
// brackets or quotes may begin in any column, with spaces or tabs (YAML 1.2 requires an indentation), and a comment needs no
// space after a bracket or a quote.

import {
	Composer,
	type CST,
	type Document,
	type DocumentOptions,
	isScalar,
	Lexer,
	type LineCounter,
	type ParseOptions,
	Parser,
	type SchemaOptions,
	visit,
	YAMLParseError,
} from 'yaml';
import { scalarTags } from './scalar-tags.ts';

const parseOptions: ParseOptions & DocumentOptions & SchemaOptions = {
	schema: 'failsafe',
	customTags: [...scalarTags],
	prettyErrors: false,
	// The library compares each key with all earlier ones; `duplicateKeys` takes linear time.
	uniqueKeys: false,
};

/** The most characters of a text. The largest real files have contents of files in them. */
const maxTextLength = 4 * 2 ** 20;
/** The deepest nesting of lists and maps. The library reads them by recursion. */
const maxDepth = 200;
/** The most tokens of the lexer (words, brackets, spaces, line ends): about 15,000 lines of keys and values. */
const maxLexemes = 100_000;
const maxSyntaxErrors = 100;

/** @param lines - receives the offsets of the lines */
export function parseYaml(text: string, lines: LineCounter): Document.Parsed {
	const limit: LimitHit = { error: null };
	const composer = new Composer(parseOptions);
	const [document, second] = composer.compose(tokensOf(text, lines, limit), true, text.length);
	// The composer makes a document of an empty text, too.
	if (document === undefined) throw new Error('No document.');
	if (limit.error !== null) {
		document.errors = [limit.error];
		document.warnings = [];
		return document;
	}
	document.errors = document.errors.filter((error) => !isGluedComment(error));
	document.errors.push(...duplicateKeys(document));
	if (second !== undefined) {
		const [from, to] = second.range;
		document.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', 'Several documents'));
	}
	return document;
}

/** `[a]#x` and `"a"#x`: the library reads the comment as one, as LinuxKit's reader does, and reports the missing space. */
function isGluedComment({ code, message }: YAMLParseError): boolean {
	return code === 'MISSING_CHAR' && message.startsWith('Comments must be separated');
}

interface LimitHit {
	error: YAMLParseError | null;
}

/** Stops at a limit without a document. */
function* tokensOf(text: string, lines: LineCounter, limit: LimitHit): Generator<CST.Token, void> {
	const parser = new Parser(lines.addNewLine);
	lines.addNewLine(0);
	const stop = (offset: number, message: string): void => {
		limit.error = new YAMLParseError([offset, offset + 1], 'RESOURCE_EXHAUSTION', message);
	};
	if (text.length > maxTextLength) return stop(0, `More than ${maxTextLength / 2 ** 20} MB of YAML`);
	let lexemes = 0;
	let errors = 0;
	for (const lexeme of generousLexer().lex(text)) {
		for (const token of parser.next(lexeme)) {
			if (token.type === 'error' && ++errors > maxSyntaxErrors) {
				return stop(token.offset, `More than ${maxSyntaxErrors} errors of syntax; this text is hardly YAML`);
			}
			yield token;
		}
		if (parser.stack.length > maxDepth) {
			return stop(parser.offset, `More than ${maxDepth} lists and maps stand inside each other here`);
		}
		if (++lexemes > maxLexemes) {
			return stop(parser.offset, `The text is too long: more than ${maxLexemes} words and signs end here`);
		}
	}
	yield* parser.end();
}

/** Keys are equal when their values are: `1` and `"1"` differ. */
function duplicateKeys(document: Document.Parsed): YAMLParseError[] {
	const errors: YAMLParseError[] = [];
	visit(document, {
		Map(_, map) {
			const values = new Set<unknown>();
			for (const { key } of map.items) {
				if (!isScalar(key)) continue;
				const [from = 0, to = 0] = key.range ?? [];
				if (values.has(key.value)) errors.push(new YAMLParseError([from, to], 'DUPLICATE_KEY', 'Duplicate'));
				values.add(key.value);
			}
		},
	});
	return errors;
}

/** The fields of the library's lexer that decide on columns. Its types hide them; parse-yaml.test.ts checks that they exist. */
interface LexerInside {
	/** The first column that belongs to the open collection. */
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
