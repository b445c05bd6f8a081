// Replaces a folder whose files others may be reading: one that holds the same already stays as it is.

import { mkdir, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Gives `unfinished`, a folder of files and links, the name `place`, or removes it when `place` holds the same. */
export async function replaceFolder(unfinished: string, place: string): Promise<void> {
	if (await holdsSame(unfinished, place)) {
		await rm(unfinished, { recursive: true });
		return;
	}
	await mkdir(dirname(place), { recursive: true });
	await rm(place, { recursive: true, force: true });
	await rename(unfinished, place);
}

async function holdsSame(made: string, place: string): Promise<boolean> {
	const entries = await readdir(made, { withFileTypes: true });
	const there = await readdir(place).catch(() => null);
	const names = entries.map(({ name }) => name);
	if (there === null || there.sort().join('/') !== names.sort().join('/')) return false;
	for (const entry of entries) {
		const [own, other] = [join(made, entry.name), join(place, entry.name)];
		const isSame = await (entry.isSymbolicLink() ? sameLinks(own, other) : sameFiles(own, other));
		if (!isSame) return false;
	}
	return (await modeOf(made)) === (await modeOf(place));
}

async function sameLinks(own: string, other: string): Promise<boolean> {
	return (await readlink(own)) === (await readlink(other).catch(() => null));
}

async function sameFiles(own: string, other: string): Promise<boolean> {
	if ((await modeOf(own)) !== (await modeOf(other))) return false;
	const [bytes, there] = await Promise.all([readFile(own), readFile(other).catch(() => null)]);
	return there !== null && bytes.equals(there);
}

async function modeOf(path: string): Promise<number | null> {
	return await stat(path).then(
		({ mode }) => mode,
		() => null,
	);
}
