// Converts the kernel's convention to JavaScript's: the one place where a negative errno becomes an error.

import { SyscallError } from './syscall-error.ts';

/** A result >= 0 or -errno. */
export type Code = number;

/** The call that failed, for the error's text. */
export interface FailedCall {
	readonly syscall: string;
	readonly path?: string | undefined;
	readonly dest?: string | undefined;
}

export interface RawErrors {
	/** [code, message] */
	describeErrno(errno: number): [string, string];
}

export class Outcome {
	readonly #binding: RawErrors;

	constructor(binding: RawErrors) {
		this.#binding = binding;
	}

	/** Returns a result of 0 or more; throws a `SyscallError` otherwise. */
	of(result: Code, call: FailedCall): Code {
		if (result < 0) throw this.error(-result, call);
		return result;
	}

	error(errno: number, call: FailedCall): SyscallError {
		const [code, message] = this.#binding.describeErrno(errno);
		return new SyscallError({ errno, code, message, ...call });
	}
}
