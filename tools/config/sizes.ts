// Sizes as people type them, in powers of 1024.

const unitsBytes: Readonly<Record<string, number>> = {
	'': 1,
	k: 2 ** 10,
	m: 2 ** 20,
	g: 2 ** 30,
	t: 2 ** 40,
};

/** Parses sizes as Docker, Kubernetes and QEMU write them, such as `64M`, `1.5g` or `256Mi`; null for another text. */
export function bytesOf(text: string): number | null {
	const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([kmgt]?)i?b?$/i.exec(text) ?? [];
	return number === '' ? null : Math.round(Number(number) * (unitsBytes[unit.toLowerCase()] ?? 1));
}

/** Formats a size as it is typed: `512M`, `1G`. */
export function sizeText(bytes: number): string {
	const unit = ['t', 'g', 'm'].find((each) => bytes > 0 && bytes % (unitsBytes[each] ?? 1) === 0);
	return unit === undefined ? `${bytes} bytes` : `${bytes / (unitsBytes[unit] ?? 1)}${unit.toUpperCase()}`;
}

/** Parses the sizes of a YAML, `512KiB` or `1MiB`. Returns bytes, or null when the text is not such a size. */
export function parseSizeBytes(text: string): number | null {
	const bytes = /^\d{1,6}[KMG]iB$/.test(text) ? bytesOf(text) : 0;
	return bytes === 0 ? null : bytes;
}

export function sizeProblem(text: string): string {
	return `"${text}" is not a size. Expected a whole number with KiB, MiB or GiB, such as 1MiB.`;
}
