// Puts counters into a script: one for each function, branch, case and loop body, by acorn's syntax tree. It changes
// nothing else, so the script behaves as before.

import { type Node, parse } from 'acorn';

export interface Instrumented {
	readonly code: string;
	readonly counterCount: number;
	/** The short strings of the script, which the formats' keywords are among. */
	readonly literals: readonly string[];
}

/** The global array (`Uint32Array`) that the counters are in. It must exist before the script runs. */
export const countersName = '__fuzzCounters';

const maxLiteralLength = 40;

interface Insertion {
	readonly at: number;
	readonly text: string;
	/** What ends an expression or block stands before what begins one at the same place. */
	readonly closes: boolean;
}

/** @param code - an ECMAScript module */
export function instrument(code: string): Instrumented {
	const marks = new Marks();
	visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), marks);
	return { code: marks.applyTo(code), counterCount: marks.count, literals: [...marks.literals] };
}

/** Collects what is inserted. */
class Marks {
	count = 0;
	readonly literals = new Set<string>();
	readonly #insertions: Insertion[] = [];

	counter(): string {
		return `__c[${this.count++}]++`;
	}

	/** Counts at the beginning of a block, or makes a block of a statement; counts in an `else` of its own, if so asked. */
	statement(node: Node, withElse = false): void {
		const isBlock = node.type === 'BlockStatement';
		if (isBlock) this.#open(node.start + 1, `${this.counter()};`);
		else this.#open(node.start, `{${this.counter()};`);
		this.#close(node.end, `${isBlock ? '' : '}'}${withElse ? `else{${this.counter()}}` : ''}`);
	}

	expression(node: Node): void {
		this.#open(node.start, `(${this.counter()},`);
		this.#close(node.end, ')');
	}

	before(node: Node): void {
		this.#open(node.start, `${this.counter()};`);
	}

	literal(text: string): void {
		if (text.length > 0 && text.length <= maxLiteralLength) this.literals.add(text);
	}

	applyTo(code: string): string {
		const numbered = this.#insertions.map((insertion, order) => ({ ...insertion, order }));
		// The tree is visited from the outside, so what closes last was noted first.
		numbered.sort((a, b) => {
			if (a.at !== b.at) return a.at - b.at;
			if (a.closes !== b.closes) return a.closes ? -1 : 1;
			return a.closes ? b.order - a.order : a.order - b.order;
		});
		const parts = [`const __c=globalThis.${countersName};`];
		let from = 0;
		for (const { at, text } of numbered) {
			parts.push(code.slice(from, at), text);
			from = at;
		}
		return [...parts, code.slice(from)].join('');
	}

	#open(at: number, text: string): void {
		this.#insertions.push({ at, text, closes: false });
	}

	#close(at: number, text: string): void {
		this.#insertions.push({ at, text, closes: true });
	}
}

type Fields = Readonly<Record<string, unknown>>;

const countersOf: Readonly<Record<string, (node: Fields, marks: Marks) => void>> = {
	FunctionDeclaration: ({ body }, marks) => countFunction(body, marks),
	FunctionExpression: ({ body }, marks) => countFunction(body, marks),
	ArrowFunctionExpression: ({ body }, marks) => countFunction(body, marks),
	IfStatement({ consequent, alternate }, marks) {
		if (isNode(consequent)) marks.statement(consequent, !isNode(alternate));
		if (isNode(alternate) && alternate.type !== 'IfStatement') marks.statement(alternate);
	},
	ForStatement: ({ body }, marks) => countStatement(body, marks),
	ForInStatement: ({ body }, marks) => countStatement(body, marks),
	ForOfStatement: ({ body }, marks) => countStatement(body, marks),
	WhileStatement: ({ body }, marks) => countStatement(body, marks),
	DoWhileStatement: ({ body }, marks) => countStatement(body, marks),
	CatchClause: ({ body }, marks) => countStatement(body, marks),
	SwitchCase({ consequent }, marks) {
		const first: unknown = Array.isArray(consequent) ? consequent[0] : null;
		if (isNode(first)) marks.before(first);
	},
	ConditionalExpression({ consequent, alternate }, marks) {
		if (isNode(consequent)) marks.expression(consequent);
		if (isNode(alternate)) marks.expression(alternate);
	},
	LogicalExpression({ right }, marks) {
		if (isNode(right)) marks.expression(right);
	},
	Literal({ value }, marks) {
		if (typeof value === 'string') marks.literal(value);
	},
	TemplateElement({ value }, marks) {
		const { cooked } = value as Fields;
		if (typeof cooked === 'string') marks.literal(cooked);
	},
};

function countFunction(body: unknown, marks: Marks): void {
	if (!isNode(body)) return;
	if (body.type === 'BlockStatement') marks.statement(body);
	else marks.expression(body);
}

function countStatement(body: unknown, marks: Marks): void {
	if (isNode(body)) marks.statement(body);
}

function visit(node: Node, marks: Marks): void {
	const fields = node as unknown as Fields;
	countersOf[node.type]?.(fields, marks);
	for (const value of Object.values(fields)) {
		for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, marks);
	}
}

function isNode(value: unknown): value is Node {
	return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
}
