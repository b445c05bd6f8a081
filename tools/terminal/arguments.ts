// Reads the words after a command's name by the command's option table.

import { nearestName } from '../../native/text/nearest-name.ts';
import { UsageError } from '../errors.ts';
import { helpOption, type Option, type OptionTable } from './option-table.ts';
import { type SplitOption, splitArguments } from './split-arguments.ts';

type Text<O extends Option> = O extends { readonly choices: readonly (infer Choice)[] } ? Choice : string;

type Value<O extends Option> = O extends { readonly isRepeatable: true }
	? readonly Text<O>[]
	: O extends { readonly default: string }
		? Text<O>
		: O extends { readonly value: string } | { readonly choices: readonly string[] }
			? Text<O> | undefined
			: boolean;

type OptionValues<T extends OptionTable> = { readonly [Name in keyof T]: Value<T[Name]> };

interface Arguments<T extends OptionTable> {
	readonly values: OptionValues<T>;
	/** The words that are neither options nor values of options, in their order. */
	readonly positionals: readonly string[];
}

/** An option of another tool that a command takes or answers, though it has none like it. */
interface ForeignOption {
	/** Reports whether the other tool's option has a value. */
	readonly takesValue: boolean;
	/** Returns null when the value asks for what the command does anyway, else a sentence: why not, and what to do instead. */
	readonly answer: (value: string) => string | null;
}

/** By the name without dashes. */
export type ForeignOptions = Readonly<Record<string, ForeignOption>>;

/** @param sentence - the answer to the option; null when it asks for what the command does anyway */
export function foreignFlag(sentence: string | null): ForeignOption {
	return { takesValue: false, answer: () => sentence };
}

/** @param sentence - the answer to the option with any value */
export function foreignOption(sentence: string): ForeignOption {
	return { takesValue: true, answer: () => sentence };
}

/**
 * Splits `args` into the values of options and the other words. A repeatable option has a list, a flag a boolean; of
 * an option that is given twice the last value counts. Throws a `UsageError` for a word that the table does not allow.
 */
export function readArguments<const T extends OptionTable>(
	args: readonly string[],
	options: T,
	foreign: ForeignOptions = {},
): Arguments<T> {
	const given = new Map<string, string[]>();
	const positionals: string[] = [];
	let alone: AloneOption | null = null;
	for (const word of splitArguments(args, finder(options, foreign))) {
		if (word.kind === 'word') {
			refuseMeantValue(alone, word.text);
			alone = null;
			positionals.push(word.text);
			continue;
		}
		const { name, rawName, value, isInline } = word;
		const option = name !== null && Object.hasOwn(options, name) ? options[name] : undefined;
		if (name === null || option === undefined) {
			const other = name === null ? undefined : foreign[name];
			if (other === undefined) throw unknownOption(rawName, options);
			refuseForeign(rawName, other, value);
			continue;
		}
		const values = given.get(name) ?? [];
		values.push(checkedValue(rawName, option, value, isInline));
		alone = isInline ? null : { rawName, option };
		given.set(name, values);
	}
	const values = Object.entries(options).map(([name, option]) => [name, valueIn(option, given.get(name))]);
	return { values: Object.fromEntries(values) as OptionValues<T>, positionals };
}

function finder(options: OptionTable, foreign: ForeignOptions): (name: string) => SplitOption | null {
	const found = new Map<string, SplitOption>();
	for (const [name, { takesValue: takesNext }] of Object.entries(foreign))
		found.set(name, { name, takesNext });
	for (const [name, option] of Object.entries(options)) {
		// An option that may stand alone takes no next word.
		const split = { name, takesNext: takesValue(option) && option.bareValue === undefined };
		for (const each of [name, option.short, ...(option.aliases ?? [])])
			if (each !== undefined) found.set(each, split);
	}
	return (name) => found.get(name) ?? null;
}

function refuseForeign(
	rawName: string,
	{ takesValue, answer }: ForeignOption,
	value: string | undefined,
): void {
	if (takesValue && value === undefined) throw new UsageError(`The option ${rawName} needs a value.`);
	const sentence = answer(value ?? '');
	if (sentence !== null) throw new UsageError(`${rawName}: ${sentence}`);
}

/** The option before a word, without a value in its own word. */
interface AloneOption {
	readonly rawName: string;
	readonly option: Option;
}

function refuseMeantValue(alone: AloneOption | null, text: string): void {
	if (alone?.option.meantAsValue?.test(text) !== true) return;
	const { rawName } = alone;
	throw new UsageError(`${rawName} ${text}: ${rawName} takes its value after "=". Write ${rawName}=${text}`);
}

function takesValue({ value, choices }: Option): boolean {
	return value !== undefined || choices !== undefined;
}

function valueIn(option: Option, given: readonly string[] | undefined) {
	if (option.isRepeatable === true) return given ?? [];
	if (!takesValue(option)) return given !== undefined;
	return given?.at(-1) ?? option.default;
}

/** Returns the value of one option on the command line; empty for a flag. */
function checkedValue(rawName: string, option: Option, value: string | undefined, isInline: boolean): string {
	if (!takesValue(option)) {
		if (value === undefined) return '';
		throw new UsageError(`${rawName}=${value}: the option ${rawName} takes no value.`);
	}
	const text = value ?? option.bareValue;
	if (text === undefined) throw new UsageError(`The option ${rawName} needs a value.`);
	if (value !== undefined && !isInline && value.length > 1 && value.startsWith('-')) {
		throw new UsageError(
			`The option ${rawName} needs a value, but ${value} follows. Write ${rawName}=${value} if that is the value.`,
		);
	}
	if (option.choices !== undefined && !option.choices.includes(text)) {
		throw new UsageError(`${rawName} ${text}: expected ${alternatives(option.choices)}.`);
	}
	return text;
}

/** `a`, `a or b`, `a, b or c`. */
function alternatives(words: readonly string[]): string {
	return words.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}

function unknownOption(rawName: string, options: OptionTable): UsageError {
	const nearest = nearestName(
		rawName.replace(/^-(?!-)/, '--'),
		Object.keys({ ...options, ...helpOption }).map((name) => `--${name}`),
	);
	if (nearest === rawName) return new UsageError(`The option ${rawName} stands alone, without a value.`);
	if (nearest !== null) return new UsageError(`Unknown option ${rawName}: did you mean ${nearest}?`);
	return new UnknownOptionError(rawName);
}

/** An option that the command does not have, nor one of a similar name. */
export class UnknownOptionError extends UsageError {
	readonly option: string;

	constructor(option: string) {
		super(`Unknown option ${option}.`);
		this.option = option;
	}
}
