// The error class of the addon. It has the shape of Node's own `ErrnoException`, so callers can test `code`.

/** A system call failed. `path` and `dest` are set when the call had them. */
export class SyscallError extends Error {
	/** Positive, as in errno(3). */
	readonly errno: number;
	/** A name such as `ENOENT`. */
	readonly code: string;
	readonly syscall: string;
	readonly path: string | undefined;
	readonly dest: string | undefined;

	constructor(failure: {
		readonly errno: number;
		readonly code: string;
		readonly message: string;
		readonly syscall: string;
		readonly path?: string | undefined;
		readonly dest?: string | undefined;
	}) {
		const where = [failure.path, failure.dest].filter((part) => part !== undefined).join(' -> ');
		super(`${failure.syscall}${where === '' ? '' : ` ${where}`}: ${failure.message} (${failure.code})`);
		this.name = 'SyscallError';
		this.errno = failure.errno;
		this.code = failure.code;
		this.syscall = failure.syscall;
		this.path = failure.path;
		this.dest = failure.dest;
	}
}
