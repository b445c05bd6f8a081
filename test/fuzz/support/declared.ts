// Errors by which the project refuses an input.

import { SlipwayError, UsageError } from '../../../tools/errors.ts';

/** The errors that `slipway` prints as a message, without a stack. */
export function isForUser(error: unknown): boolean {
	return error instanceof SlipwayError || error instanceof UsageError;
}

/** For parsers that answer every input with a value. */
export function never(): boolean {
	return false;
}
