// Tells errors of system calls apart: those of the addon and those of Node carry the kernel's name in `code` (errno(3)).

/** Reports whether it is an error with one of these codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
	return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
