// From what a person calls a disk (a path, LABEL=, UUID=, PARTLABEL=, PARTUUID=, a name of /dev/disk) to the device.

import { realpathSync } from 'node:fs';
import { fileSystemOf, tableEntryOf, type Volume } from './volume.ts';

export type FoundVolume =
	| { readonly found: Volume }
	/** Not there; it may still come. */
	| { readonly found: null; readonly reason: string }
	/** There, but more than one: no time helps. */
	| { readonly found: 'several'; readonly reason: string };

type Key = 'LABEL' | 'UUID' | 'PARTLABEL' | 'PARTUUID';

const keyOfFolder: Readonly<Record<string, Key>> = {
	'by-label': 'LABEL',
	'by-uuid': 'UUID',
	'by-partlabel': 'PARTLABEL',
	'by-partuuid': 'PARTUUID',
};

/** @param devFolder - the folder of nodes, `/dev` */
export function findVolume(name: string, volumes: readonly Volume[], devFolder: string): FoundVolume {
	const { key, value } = parseName(name, devFolder);
	const matching =
		key === 'path' ? volumes.filter(({ device }) => device.path === value) : named(key, value, volumes);
	const [first, ...others] = matching;
	if (first === undefined) return { found: null, reason: `there is no disk or partition ${name}` };
	if (others.length === 0 || isOneFileSystem(matching)) return { found: first };
	const paths = matching.map(({ device }) => device.path).join(', ');
	return {
		found: 'several',
		reason: `${name} is the name of several: ${paths}. Name one of them by its path or UUID.`,
	};
}

function parseName(name: string, devFolder: string): { readonly key: Key | 'path'; readonly value: string } {
	const [, word, given = ''] = /^(LABEL|UUID|PARTLABEL|PARTUUID)=(.*)$/s.exec(name) ?? [];
	if (word !== undefined) return { key: word as Key, value: given.replace(/^"(.*)"$/s, '$1') };
	const path = name.startsWith('/') ? name : `${devFolder}/${name}`;
	const real = realPath(path);
	if (real !== null) return { key: 'path', value: real };
	// Nobody need have made the link.
	const [, folder = '', link = ''] = /\/disk\/(by-[a-z]+)\/([^/]+)$/.exec(path) ?? [];
	const key = keyOfFolder[folder];
	return key === undefined ? { key: 'path', value: path } : { key, value: decodeLinkName(link) };
}

function named(key: Key, value: string, volumes: readonly Volume[]): Volume[] {
	// Serial numbers and UUIDs are written in either case.
	const sameId = (id: string | undefined): boolean =>
		id !== undefined && id.toLowerCase() === value.toLowerCase();
	return volumes.filter((volume) => {
		switch (key) {
			case 'LABEL':
				return fileSystemOf(volume)?.label === value;
			case 'UUID':
				return sameId(fileSystemOf(volume)?.uuid);
			case 'PARTLABEL':
				return tableEntryOf(volume, volumes)?.name === value;
			case 'PARTUUID':
				return sameId(tableEntryOf(volume, volumes)?.uuid);
			default:
				return key satisfies never;
		}
	});
}

/** The disks of one btrfs have its label and UUID in common, and any of them mounts it. */
function isOneFileSystem(volumes: readonly Volume[]): boolean {
	const found = volumes.map(fileSystemOf);
	return found.every((each) => each?.type === 'btrfs' && each.uuid === found[0]?.uuid);
}

/** udev's: bytes that are unusual in a path are written `\xNN`. */
export function encodeLinkName(text: string): string {
	return text.replace(/[^\w#+.:=@-]/gu, (character) =>
		character.charCodeAt(0) > 0x7f
			? character
			: `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
	);
}

function decodeLinkName(name: string): string {
	return name.replace(/\\x([0-9a-f]{2})/gi, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 16)),
	);
}

function realPath(path: string): string | null {
	try {
		return realpathSync(path);
	} catch {
		return null;
	}
}
