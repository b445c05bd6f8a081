// Converts names of files to strings that keep their exact bytes. To the kernel a name consists of any bytes. Nearly all
// are UTF-8; a byte that is not becomes a lone surrogate, U+DC80 to U+DCFF, as in Python's PEP 383.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns a string from which `nameToBytes` makes the same bytes. */
export function nameFromBytes(bytes: Uint8Array): string {
	return decode(bytes) ?? decodePiecewise(bytes);
}

/** The inverse of `nameFromBytes`. */
export function nameToBytes(name: string): Buffer {
	if (name.isWellFormed()) return Buffer.from(name);
	const parts = name.split(/([\udc80-\udcff])/u).map((part) => {
		const code = part.length === 1 ? part.charCodeAt(0) : 0;
		return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(part);
	});
	return Buffer.concat(parts);
}

function decodePiecewise(bytes: Uint8Array): string {
	let name = '';
	let at = 0;
	while (at < bytes.length) {
		const [length, character] = characterAt(bytes, at);
		name += character;
		at += length;
	}
	return name;
}

function characterAt(bytes: Uint8Array, at: number): [length: number, character: string] {
	for (const length of [1, 2, 3, 4]) {
		const character = decode(bytes.subarray(at, at + length));
		if (character !== null) return [length, character];
	}
	return [1, String.fromCharCode(0xdc00 + (bytes[at] ?? 0))];
}

function decode(bytes: Uint8Array): string | null {
	try {
		return decoder.decode(bytes);
	} catch {
		return null;
	}
}
