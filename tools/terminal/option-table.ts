// The options of a command as a table. Parsing, the help text, completion and docs/commands.md follow from it.

/** The values that a shell completes: names of files or directories, of machines (those that run, or all), or one of these words. */
export type Completion = 'file' | 'directory' | 'running-machine' | 'machine' | readonly string[];

/** The arguments of `slipway` that list the names of machines, a line each. */
export const machineLists = { 'running-machine': 'ps -q', machine: 'ps -aq' } as const satisfies Partial<
	Record<Extract<Completion, string>, string>
>;

export interface Option {
	/** One letter, for the form with one dash. */
	readonly short?: string;
	/** Names that LinuxKit has for it. They are taken, and the help does not show them. */
	readonly aliases?: readonly string[];
	/** The name of the value in the help, such as `DIR`. An option without it takes no value. */
	readonly value?: string;
	/** The value when the option stands alone. Such an option takes another value only as `--name=VALUE`. */
	readonly bareValue?: string;
	/** A word after the option that stands alone, such as `:6969`, that is meant as its value. It is wrong usage. */
	readonly meantAsValue?: RegExp;
	readonly isRepeatable?: true;
	/** All values that exist; others are wrong usage. */
	readonly choices?: readonly string[];
	readonly default?: string;
	/** Describes a default that depends on the environment. */
	readonly defaultText?: string;
	readonly completes?: Completion;
	/** The heading in the help of a command with many options. */
	readonly group?: string;
	/** A line feed starts a new line in the help too. */
	readonly help: string;
}

/** By the option's name without dashes, in the order of the help. */
export type OptionTable = Readonly<Record<string, Option>>;

/** The option that every command has besides those of its table. */
export const helpOption = { help: { short: 'h', help: 'print this text' } } as const satisfies OptionTable;

/** Returns what stands for the value in the help, or null when the option takes none. */
export function valueName({ value, choices }: Option): string | null {
	return value ?? choices?.join('|') ?? null;
}

/** Returns the option as the help shows it, such as `--dir DIR`, `-h, --help` or `--require-digest[=NAME]`. */
export function optionLabel(name: string, option: Option): string {
	const short = option.short === undefined ? '' : `-${option.short}, `;
	const value = valueName(option);
	if (value === null) return `${short}--${name}`;
	return `${short}--${name}${option.bareValue === undefined ? ` ${value}` : `[=${value}]`}`;
}

/** Returns the remarks on an option that follow from the table: whether it may be repeated, and its default. */
export function optionRemarks({ isRepeatable, default: fixed, defaultText }: Option): string {
	const standard = fixed ?? defaultText;
	const remarks = [
		...(isRepeatable === true ? ['may be repeated'] : []),
		...(standard === undefined ? [] : [`default: ${standard}`]),
	];
	return remarks.length === 0 ? '' : ` (${remarks.join('; ')})`;
}

/** Returns the first part of the help of an option, for places that have one short line. */
export function optionSummary({ help }: Option): string {
	return help.split(/[.;:] |\n/)[0] ?? help;
}

/** Returns what a shell completes as the value of an option; null when it takes none or any text. */
export function valueCompletion({ choices, completes }: Option): Completion | null {
	return choices ?? completes ?? null;
}
