// Gets the message of a value that was thrown.

/** Returns the message of an `Error`, and any other value as text. */
export function errorMessage(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
