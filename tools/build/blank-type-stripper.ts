// Node has a compiler of TypeScript in it (amaro, a WebAssembly program as base64 in a script), which is 3.8 MB, and 1.8 MB of
// an initrd by LZ4. PID 1 is compiled to JavaScript beforehand and loads no file.

/** `\0asm`, by which each WebAssembly program begins, as base64. */
const marker = 'AGFzbQ';
/** Others are parts of Node's HTTP parsers, of 72 kB. */
const leastBytes = 1_000_000;
const quote = '"'.charCodeAt(0);
const base64 = /^[A-Za-z0-9+/=]+$/;

/**
 * Fills the program with spaces in place, which are a part of base64 that means nothing: the script stays one, of the same length.
 *
 * @returns the number of bytes, 0 when there is no such program
 */
export function blankTypeStripper(executable: Buffer): number {
	for (let at = executable.indexOf(marker); at >= 0; at = executable.indexOf(marker, at + 1)) {
		const end = executable.indexOf(quote, at);
		if (end - at < leastBytes || executable[at - 1] !== quote) continue;
		if (!base64.test(executable.toString('latin1', at, end))) continue;
		executable.fill(' ', at, end);
		return end - at;
	}
	return 0;
}
