// The two ways a command can end badly. Only `tools/cli.ts` prints an error and turns it into an exit code.

/** The command line itself is wrong: exit code 2, one sentence, and where to find the help. */
export class UsageError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'UsageError';
	}
}

/** Something the user can understand and mend: exit code 1, the message alone, no stack. */
export class SlipwayError extends Error {
	readonly code: string;
	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'SlipwayError';
		this.code = code;
	}
}
