// Decides whether `format` may write on a disk. Pure: no other place decides it.
//
// Written to is what is blank (blankness.ts), what an interrupted format of ours has left, and what `-force` names.
// A disk that is already as requested stays as it is, so that every boot can run the same command.

import { describeContents } from '../applet/disks/contents.ts';
import { fileSystemOf, type Volume } from '../applet/disks/volume.ts';

export interface Wish {
	readonly type: string;
	/** '' for none in particular. */
	readonly label: string;
	readonly force: boolean;
}

export interface Target {
	readonly volume: Volume;
	/** The partitions of a whole disk, in their order. */
	readonly partitions: readonly Volume[];
	readonly unfinished: boolean;
	/** Returns the place of the first byte that is not zero, or null for a blank disk. It reads much, so it is called last. */
	readonly usedByte: () => number | null;
}

export type Verdict =
	| { readonly action: 'make'; readonly why: string }
	| { readonly action: 'keep'; readonly why: string }
	| { readonly action: 'refuse'; readonly why: string };

export function verdictOf(target: Target, wish: Wish): Verdict {
	const { path, readOnly } = target.volume.device;
	const refuse = (why: string): Verdict => ({ action: 'refuse', why: `${path} ${why}` });
	const { contents, problem } = target.volume;
	if (contents === null) return refuse(`can't be read: ${problem}`);
	if (readOnly) return refuse('is read-only');
	if (wish.force)
		return { action: 'make', why: `${path} held ${describeContents(contents)}; -force gives it up` };
	if (target.unfinished) return { action: 'make', why: `${path} holds a format that was not finished` };
	const made = madeBefore(target, wish);
	if (made !== null) return { action: 'keep', why: made };
	const { findings, mbr, gpt } = contents;
	const isKnown = findings.length > 0 || mbr !== null || gpt !== null;
	if (isKnown) return refuse(`holds ${describeContents(contents)}${within(target.partitions)}`);
	const used = target.usedByte();
	if (used === null) return { action: 'make', why: `${path} is blank` };
	return refuse(`is not blank: nothing that is known is on it, but its byte ${used} is not zero`);
}

/** The file system that was wished for is there: alone on the disk, in its only partition or without a table. */
function madeBefore({ volume, partitions }: Target, wish: Wish): string | null {
	const [only = volume] = partitions;
	if (partitions.length > 1) return null;
	const there = fileSystemOf(only);
	if (there?.type !== wish.type) return null;
	if (wish.label !== '' && !sameLabel(there.label, wish)) return null;
	const named = there.label === '' ? '' : ` with the label "${there.label}"`;
	return `${only.device.path} holds ${there.type}${named} already`;
}

/** FAT writes its labels in capitals. */
export function sameLabel(label: string, wish: Pick<Wish, 'label' | 'type'>): boolean {
	return wish.type === 'vfat' ? label.toUpperCase() === wish.label.toUpperCase() : label === wish.label;
}

function within(partitions: readonly Volume[]): string {
	const parts = partitions.map((each) => `${each.device.path}: ${contentsText(each)}`);
	return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

function contentsText({ contents, problem }: Volume): string {
	return contents === null ? problem : describeContents(contents);
}
