// Reads the words after a command's name by the command's option table. node:util's parseArgs only splits the words.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearestName } from '../../native/text/nearest-name.ts';
import { UsageError } from '../errors.ts';
import { helpOption, type Option, type OptionTable } from './option-table.ts';

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

/**
 * Splits `args` into the values of options and the other words. A repeatable option has a list, a flag a boolean; of
 * an option that is given twice the last value counts. Throws a `UsageError` for a word that the table does not allow.
 */
export function readArguments<const T extends OptionTable>(
	args: readonly string[],
	options: T,
): Arguments<T> {
	const given = new Map<string, string[]>();
	const positionals: string[] = [];
	const { tokens } = parseArgs({
		args: [...args],
		options: splitting(options),
		strict: false,
		allowPositionals: true,
		tokens: true,
	});
	for (const token of tokens) {
		if (token.kind === 'positional') positionals.push(token.value);
		if (token.kind !== 'option') continue;
		const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
		if (option === undefined) throw unknownOption(token.rawName, options);
		const value = checkedValue(token.rawName, option, token.value, token.inlineValue === true);
		given.set(token.name, [...(given.get(token.name) ?? []), value]);
	}
	const values = Object.entries(options).map(([name, option]) => [name, valueIn(option, given.get(name))]);
	return { values: Object.fromEntries(values) as OptionValues<T>, positionals };
}

/** Returns the options as parseArgs needs them to split words. One that may stand alone takes no next word. */
function splitting(options: OptionTable): NonNullable<ParseArgsConfig['options']> {
	return Object.fromEntries(
		Object.entries(options).map(([name, option]) => {
			const type = takesValue(option) && option.bareValue === undefined ? 'string' : 'boolean';
			return [name, option.short === undefined ? { type } : { type, short: option.short }];
		}),
	);
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
		rawName,
		Object.keys({ ...options, ...helpOption }).map((name) => `--${name}`),
	);
	return new UsageError(`Unknown option ${rawName}${nearest === null ? '.' : `: did you mean ${nearest}?`}`);
}
