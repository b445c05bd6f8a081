// `--condition KIND:PATH[:SIZE][:REQUIRED]`: when there is to be swap at all. LinuxKit's two kinds: `part`, something is
// mounted on the path; `partsize`, and the file system there has this size.

import { statfsSync } from 'node:fs';
import { isMountPoint, readMountInfo } from '../../native/linux/mountinfo.ts';
import { AppletError } from '../applet/applet.ts';

export interface Condition {
	readonly path: string;
	/** Is null when it is enough that something is mounted there. */
	readonly sizeBytes: number | null;
	/** Not met, it is a failure; else there is just no swap. */
	readonly isRequired: boolean;
}

/** The facts about the machine that conditions ask for. */
export interface Places {
	readonly isMountPoint: (path: string) => boolean;
	readonly sizeBytes: (path: string) => number;
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `2G`, `100M`, `5670K`, `8765432`. */
export function parseSize(text: string): number {
	const [, digits, unit = ''] = /^(\d+)([KMG]?)$/.exec(text) ?? [];
	const bytes = Number(digits) * (units[unit] ?? 1);
	if (digits !== undefined && Number.isSafeInteger(bytes)) return bytes;
	throw new AppletError(`"${text}" is no size. Expected bytes, or a number with K, M or G.`, { exitCode: 2 });
}

export function parseCondition(text: string): Condition {
	const [kind, path = '', ...rest] = text.split(':');
	const [size, required] = kind === 'part' ? [undefined, rest[0]] : rest;
	// LinuxKit's documentation says `size`, its program `partsize`.
	const isKnown = kind === 'part' || ((kind === 'partsize' || kind === 'size') && size !== undefined);
	if (!isKnown || !path.startsWith('/') || !['true', 'false', undefined].includes(required)) {
		const forms = 'part:PATH[:true] or partsize:PATH:SIZE[:true]';
		throw new AppletError(`"${text}" is no condition. Expected ${forms}.`, { exitCode: 2 });
	}
	return { path, sizeBytes: size === undefined ? null : parseSize(size), isRequired: required === 'true' };
}

/** Why a condition is not met; null when it is. */
export function unmet({ path, sizeBytes }: Condition, places: Places): string | null {
	if (sizeBytes === null) return places.isMountPoint(path) ? null : `nothing is mounted on ${path}`;
	const there = places.sizeBytes(path);
	return there >= sizeBytes ? null : `the file system of ${path} has ${there} bytes, not ${sizeBytes}`;
}

export const realPlaces: Places = {
	isMountPoint(path) {
		const wanted = path.replace(/(?<=.)\/+$/, '');
		return isMountPoint(readMountInfo(), wanted);
	},
	sizeBytes(path) {
		try {
			const { blocks, bsize } = statfsSync(path);
			return blocks * bsize;
		} catch {
			return 0;
		}
	},
};
