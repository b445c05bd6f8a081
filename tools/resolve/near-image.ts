// Finds the image of the store that a name which is not there may stand for. Pure.

import { nearestName } from '../../native/text/nearest-name.ts';
import { formatReference, type ImageReference, parseReference } from '../images/reference.ts';

/**
 * Returns null when none is near. Another tag of the same image is nearer than any other image; a misspelt name is looked for among
 * the images of the same registry and organisation only.
 *
 * @param inStore - the references of all images of the store
 */
export function nearImage(name: string, inStore: readonly string[]): string | null {
	const wanted = parseReference(name);
	const others = inStore
		.map((each) => parseReference(each))
		.filter(({ domain, path }) => domain === wanted.domain && folderOf(path) === folderOf(wanted.path));
	const names = [...new Set(others.map(({ path }) => path))].filter((path) => path !== wanted.path);
	const isThere = others.some(({ path }) => path === wanted.path);
	if (isThere && others.some(({ path, tag }) => path === wanted.path && tag === wanted.tag)) return null;
	const near = isThere ? baseOf(wanted.path) : nearestName(baseOf(wanted.path), names.map(baseOf));
	const tagged = others.filter(({ path, tag }) => baseOf(path) === near && tag !== null);
	const found = tagged.find(({ tag }) => tag === wanted.tag) ?? tagged[0];
	return found === undefined ? null : asWritten(found, name);
}

function folderOf(path: string): string {
	return path.slice(0, path.lastIndexOf('/') + 1);
}

function baseOf(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

/** Leaves out what the person has left out. */
function asWritten(found: ImageReference, name: string): string {
	const [text, folder] = [formatReference(found), folderOf(found.path)];
	const hasDomain = name.startsWith(`${found.domain}/`);
	const short = hasDomain ? text : text.slice(found.domain.length + 1);
	return folder === 'library/' && !name.includes('library/') ? short.replace('library/', '') : short;
}
