// Inputs on the disk: a file each, named by a short digest, and findings by what they show. Large ones are compressed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Finding } from './judge.ts';

/** Bundles and programs, and all that earlier runs on this machine learnt. */
export const workFolder = 'build/fuzz';
/** What the repository keeps of it, a folder a target. */
export const corpusFolder = 'test/fuzz/corpus';
export const findingsFolder = 'test/fuzz/findings';

export interface StoredInput {
	readonly name: string;
	readonly bytes: Buffer;
}

const compressedFromBytes = 4096;
const compressedSuffix = '.gz';

/** Returns the inputs of a folder by name; none when it does not exist. */
export function readInputs(folder: string): StoredInput[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.sort()
		.map((name) => {
			const stored = readFileSync(join(folder, name));
			return { name, bytes: name.endsWith(compressedSuffix) ? gunzipSync(stored) : stored };
		});
}

export function addInput(folder: string, bytes: Buffer): string {
	return write(folder, digestOf(bytes), bytes);
}

/** Writes the input of a finding, unless one of the same kind and place is there. Returns its path, or null. */
export function addFinding(folder: string, { kind, text }: Finding, bytes: Buffer): string | null {
	const name = `${kind}-${placeOf(text)}`;
	const isKnown = existsSync(folder) && readdirSync(folder).some((known) => known.startsWith(name));
	return isKnown ? null : write(folder, name, bytes);
}

export function removeInput(folder: string, name: string): void {
	rmSync(join(folder, name));
}

/** What an input costs in the repository. */
export function storedBytes(bytes: Buffer): number {
	return bytes.length < compressedFromBytes ? bytes.length : gzipSync(bytes).length;
}

function write(folder: string, name: string, bytes: Buffer): string {
	mkdirSync(folder, { recursive: true });
	const isLarge = bytes.length >= compressedFromBytes;
	const path = join(folder, isLarge ? `${name}${compressedSuffix}` : name);
	writeFileSync(path, isLarge ? gzipSync(bytes) : bytes);
	return path;
}

/** The words of the first line, and a digest of it and the first calls, without the numbers and names of the input. */
function placeOf(text: string): string {
	const [first = '', ...calls] = text.split('\n');
	const words = first.replace(/["'`].*$/, '').match(/[A-Za-z]+/g) ?? [];
	const place = `${words.join(' ')} ${calls.slice(0, 2).join(' ').replace(/\d+/g, '')}`;
	return `${words.slice(0, 6).join('-').toLowerCase()}-${digestOf(Buffer.from(place)).slice(0, 6)}`;
}

function digestOf(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex').slice(0, 12);
}
