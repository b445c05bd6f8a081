// How a family's table declares a system call: one entry gives the method that guests see, the checks of its
// arguments, the shape of the raw function that C++ exports under the same name, and the name that errors carry.

import type { Code, FailedCall } from './outcome.ts';
import type { SyscallError } from './syscall-error.ts';

/** One argument. `Label` is a tuple of one labelled element: editors show the label as the parameter's name. */
export interface Argument<Label extends readonly [unknown]> {
	readonly name: string;
	/** Returns the value for C++; throws an `ArgumentError`. */
	readonly check: (name: string, ...value: Label) => Label[0];
	/** An error names this argument: the first such argument that is not null is its `path`, the second its `dest`. */
	readonly isPlace: boolean;
}

interface AnyArgument {
	readonly name: string;
	readonly check: (name: string, value: never) => unknown;
	readonly isPlace: boolean;
}

/** Turns the value from C++ into the method's result. `failure` makes the error for a positive errno. */
export type Answer<Raw, Result> = (raw: Raw, failure: (errno: number) => SyscallError) => Result;

export interface Call<Arguments extends readonly AnyArgument[], Raw, Result> {
	readonly syscall: string;
	readonly args: Arguments;
	readonly answer: Answer<Raw, Result>;
}

type AnyCall = Call<readonly AnyArgument[], never, unknown>;

type Values<Arguments> = Arguments extends readonly [Argument<infer Label>, ...infer Rest]
	? [...Label, ...Values<Rest>]
	: [];

/** The methods that a table declares. */
export type Methods<Table> = {
	[Name in keyof Table]: Table[Name] extends Call<infer Arguments, infer _Raw, infer Result>
		? (...values: Values<Arguments>) => Result
		: never;
};

/** The functions that C++ has to export for a table. */
export type RawCalls<Table> = {
	[Name in keyof Table]: Table[Name] extends Call<infer Arguments, infer Raw, infer _Result>
		? (...values: Values<Arguments>) => Raw
		: never;
};

export function argument<Label extends readonly [unknown]>(
	name: string,
	check: Argument<Label>['check'],
): Argument<Label> {
	return { name, check, isPlace: false };
}

/** An argument that names the place of the call, such as a path. */
export function place<Label extends readonly [unknown]>(
	name: string,
	check: Argument<Label>['check'],
): Argument<Label> {
	return { name, check, isPlace: true };
}

export function call<const Arguments extends readonly AnyArgument[], Raw, Result>(
	syscall: string,
	args: Arguments,
	answer: Answer<Raw, Result>,
): Call<Arguments, Raw, Result> {
	return { syscall, args, answer };
}

/** Makes the methods of a table. It only reads names and argument lists; the checks run in each call. */
export function bindCalls<Table extends Readonly<Record<string, AnyCall>>>(
	table: Table,
	binding: RawCalls<Table>,
	outcome: { error(errno: number, call: FailedCall): SyscallError },
): Methods<Table> {
	const methods: Partial<Record<string, (...values: never[]) => unknown>> = {};
	// The types of table and binding agree; inside this function they are lists of functions of unknown values.
	const raws = binding as unknown as Readonly<Record<string, (...values: unknown[]) => never>>;
	for (const [name, { syscall, args, answer }] of Object.entries(table)) {
		const raw = raws[name];
		if (raw === undefined) throw new Error(`The addon has no function ${name}.`);
		methods[name] = (...values) => {
			const checked = args.map((one, index) => one.check(one.name, values[index] as never));
			return answer(raw(...checked), (errno) => {
				const [path, dest] = args.flatMap((one, index) => {
					const value = checked[index];
					return one.isPlace && typeof value === 'string' ? [value] : [];
				});
				return outcome.error(errno, { syscall, path, dest });
			});
		};
	}
	return methods as Methods<Table>;
}

/** For calls that only succeed or fail. */
export const none: Answer<Code, void> = (raw, failure) => {
	if (raw < 0) throw failure(-raw);
};

/** For calls that return a number: a descriptor, a count. */
export const number: Answer<Code, number> = (raw, failure) => {
	if (raw < 0) throw failure(-raw);
	return raw;
};

/** For calls that return an object or a negative errno. */
export function value<T extends object>(): Answer<T | Code, T> {
	return (raw, failure) => {
		if (typeof raw === 'number') throw failure(-raw);
		return raw;
	};
}

/** The same, and `read` converts the object to the method's result. */
export function converted<T extends object, Result>(read: (raw: T) => Result): Answer<T | Code, Result> {
	return (raw, failure) => {
		if (typeof raw === 'number') throw failure(-raw);
		return read(raw);
	};
}

/** The same, and returns null when the kernel answers with the error `code`. */
export function nullOn<T extends object, Result>(
	code: string,
	read: (raw: T) => Result,
): Answer<T | Code, Result | null> {
	return (raw, failure) => {
		if (typeof raw !== 'number') return read(raw);
		const error = failure(-raw);
		if (error.code === code) return null;
		throw error;
	};
}

/** For calls that cannot fail and return nothing. */
export const cannotFail: Answer<void, void> = () => {};
