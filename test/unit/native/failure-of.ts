// How a call failed, in the few words that a test compares.

import { SyscallError } from '../../../native/syscall-error.ts';

/** `syscall path -> dest: CODE`, or `no failure`. */
export function failureOf(call: () => unknown): string {
	try {
		call();
	} catch (error) {
		if (!(error instanceof SyscallError)) throw error;
		const { syscall, path, dest, code } = error;
		const places = [path, dest].filter((place) => place !== undefined).join(' -> ');
		return `${syscall}${places === '' ? '' : ` ${places}`}: ${code}`;
	}
	return 'no failure';
}

/** The code of an error of Node's or ours. */
export function codeOf(call: () => unknown): string {
	try {
		call();
	} catch (error) {
		return error instanceof Error && 'code' in error ? String(error.code) : String(error);
	}
	return 'no failure';
}
