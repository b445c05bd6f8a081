// From the kernel's convention to JavaScript's: the one place where a negative errno becomes an error.

import type { Binding, Code } from './binding.ts';
import { SyscallError } from './syscall-error.ts';

/** What was called, for the error's text. */
export interface Call {
	readonly syscall: string;
	readonly path?: string | undefined;
	readonly dest?: string | undefined;
}

export class Outcome {
	readonly #binding: Binding;

	constructor(binding: Binding) {
		this.#binding = binding;
	}

	/** The result, where it is 0 or more or not a number at all; throws a `SyscallError` otherwise. */
	of<T>(result: T | Code, call: Call): T | Code {
		if (typeof result === 'number' && result < 0) throw this.error(-result, call);
		return result;
	}

	/** The same for calls whose result is never a number: a number is a failure. */
	value<T extends object>(result: T | Code, call: Call): T {
		if (typeof result === 'number') throw this.error(-result, call);
		return result;
	}

	error(errno: number, call: Call): SyscallError {
		const [code, message] = this.#binding.describeErrno(errno);
		return new SyscallError({ errno, code, message, ...call });
	}
}
