// Reads a YAML text as a document with positions. The work is linear in the text, and bounded. It is as generous with lines as
// LinuxKit's reader is: inside brackets and quotes a line may begin in any column, with spaces or tabs (YAML 1.2 wants it further right than what holds the brackets).

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
	// The library compares each key with all before it; `duplicateKeys` takes linear time.
	uniqueKeys: false,
};

/** Characters of a text. The largest honest ones have files' contents in them. */
const maxTextLength = 4 * 2 ** 20;
/** Lists and maps inside each other. The library reads them by recursion. */
const maxDepth = 200;
/** Words, brackets, spaces and line ends, as the lexer counts them: about 15,000 lines of keys and values. */
const maxLexemes = 100_000;
const maxSyntaxErrors = 100;

/** @param lines - is told where lines begin */
export function parseYaml(text: string, lines: LineCounter): Document.Parsed {
	const limit: LimitHit = { error: null };
	const composer = new Composer(parseOptions);
	const [document, second] = composer.compose(tokensOf(text, lines, limit), true, text.length);
	// The composer makes one even of nothing.
	if (document === undefined) throw new Error('No document.');
	if (limit.error !== null) {
		document.errors = [limit.error];
		document.warnings = [];
		return document;
	}
	document.errors.push(...duplicateKeys(document));
	if (second !== undefined) {
		const [from, to] = second.range;
		document.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', 'Several documents'));
	}
	return document;
}

interface LimitHit {
	error: YAMLParseError | null;
}

/** Ends early, and without the document, at a limit. */
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

/** Two keys are equal if their values are: `1` and `"1"` are not. */
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
