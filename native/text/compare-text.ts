// Orders texts in the same way on every machine.

/** Compares by UTF-16 code units, independent of the locale. */
export function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
