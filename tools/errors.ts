// The two errors that a command ends with. Only `tools/cli.ts` prints an error and turns it into an exit code.

export { type ErrorCode, SlipwayError } from '../supervisor/image/slipway-error.ts';

/** The command line itself is wrong: exit code 2, one sentence, and where to find the help. */
export class UsageError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'UsageError';
	}
}
