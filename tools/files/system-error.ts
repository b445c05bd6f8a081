// Tells errors of system calls, which say something about the machine, from faults of the program.

/** Reports whether Node has made the error for a system call that failed. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error;
}
