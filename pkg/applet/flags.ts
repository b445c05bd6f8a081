// Options as Go's `flag` package reads them, because LinuxKit's programs do: `-name VALUE`, `-name=VALUE`, with one
// dash or two; a switch is `-name` or `-name=false`; the first other word, or `--`, ends them.

import { AppletError } from './applet.ts';

export type FlagValue = string | number | boolean | readonly string[];
export type Flags = Readonly<Record<string, FlagValue>>;

/** `true` is any switch, not one that is on. */
type Widened<T> = T extends boolean
	? boolean
	: T extends string
		? string
		: T extends number
			? number
			: readonly string[];

export interface ParsedFlags<T extends Flags> {
	readonly flags: { readonly [K in keyof T]: Widened<T[K]> };
	/** The words after the flags. */
	readonly rest: readonly string[];
}

const truths: ReadonlyMap<string, boolean> = new Map([
	...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const),
	...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
]);

/**
 * @param defaults - the flags by name, each with its default value, whose type says what it takes; a list takes one
 * more each time
 */
export function parseFlags<const T extends Flags>(args: readonly string[], defaults: T): ParsedFlags<T> {
	const values = new Map<string, FlagValue>(Object.entries(defaults));
	const rest = [...args];
	for (;;) {
		const [word = ''] = rest;
		const [, name = '', given] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
		if (name === '') break;
		rest.shift();
		const before = values.get(name);
		if (before === undefined) throw usage(`there is no option -${name}`, defaults);
		const isSwitch = typeof before === 'boolean';
		const text = given ?? (isSwitch ? 'true' : rest.shift());
		if (text === undefined) throw usage(`the option -${name} lacks its value`, defaults);
		const value = flagValue(text, before);
		if (value === undefined) throw usage(`-${name} can't be "${text}"`, defaults);
		values.set(name, value);
	}
	if (rest[0] === '--') rest.shift();
	// The values have the types of the defaults.
	return { flags: Object.fromEntries(values) as ParsedFlags<T>['flags'], rest };
}

/** For programs that take options only. */
export function refuseWords(rest: readonly string[]): void {
	if (rest.length > 0) throw new AppletError(`"${rest[0]}" is no option`, { exitCode: 2 });
}

/** Undefined: the text is no such value. */
function flagValue(text: string, before: FlagValue): FlagValue | undefined {
	if (typeof before === 'boolean') return truths.get(text);
	if (typeof before === 'number') return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
	return typeof before === 'string' ? text : [...before, text];
}

function usage(problem: string, defaults: Flags): AppletError {
	const known = Object.entries(defaults).map(([name, value]) => {
		if (typeof value === 'boolean') return `-${name}`;
		return `-${name} ${typeof value === 'number' ? 'NUMBER' : 'VALUE'}`;
	});
	return new AppletError(`${problem}. Options: ${known.join(', ')}.`, { exitCode: 2 });
}
