// Chooses the disk that `format` works on, and the action.

import { findUsedByte } from '../applet/disks/blankness.ts';
import { type BlockDevice, isOrdinaryDisk } from '../applet/disks/block-devices.ts';
import { fileSystemOf, readDevice, type Volume } from '../applet/disks/volume.ts';
import { isUnfinished, layoutFor } from './layout.ts';
import { sameLabel, type Verdict, verdictOf, type Wish } from './verdict.ts';

export type Choice =
	| { readonly action: 'make'; readonly why: string; readonly target: BlockDevice }
	| { readonly action: 'keep'; readonly why: string }
	/** `mayCome`: a disk that fits may yet appear. */
	| { readonly action: 'refuse'; readonly why: string; readonly mayCome: boolean };

/** The disk or partition that was named, or with `number` this partition of it. */
export function chooseTarget(named: Volume, number: number, volumes: readonly Volume[], wish: Wish): Choice {
	if (number === 0) return choiceOf(named, verdictOn(named, volumes, wish));
	const partitions = partitionsOf(named, volumes);
	const target = partitions.find(({ device }) => device.partition?.number === number);
	if (target !== undefined) return choiceOf(target, verdictOn(target, volumes, wish));
	const there = partitions.map(({ device }) => device.path).join(', ') || 'none';
	const why = `${named.device.path} has no partition ${number}, only: ${there}`;
	return { action: 'refuse', why, mayCome: true };
}

/** The first disk that is blank; none where the label that was wished for is on one already. */
export function chooseDrive(volumes: readonly Volume[], wish: Wish): Choice {
	const labelled = wish.label === '' ? undefined : volumes.find((volume) => hasLabel(volume, wish));
	if (labelled !== undefined) return keepLabelled(labelled, wish);
	const disks = volumes.filter(({ device }) => isOrdinaryDisk(device));
	const reasons: string[] = [];
	let kept: Verdict | null = null;
	for (const disk of disks) {
		const verdict = verdictOn(disk, volumes, wish);
		if (verdict.action === 'make') return choiceOf(disk, verdict);
		if (verdict.action === 'keep') kept ??= verdict;
		else reasons.push(verdict.why);
	}
	if (kept !== null) return { action: 'keep', why: kept.why };
	return { action: 'refuse', why: reasons.join('; ') || 'there is no disk', mayCome: true };
}

function hasLabel(volume: Volume, wish: Wish): boolean {
	const there = fileSystemOf(volume);
	return there !== null && sameLabel(there.label, wish);
}

function keepLabelled(volume: Volume, wish: Wish): Choice {
	const { path } = volume.device;
	const type = fileSystemOf(volume)?.type;
	const what = `${path} holds ${type} with the label "${wish.label}" already`;
	if (type === wish.type) return { action: 'keep', why: what };
	return { action: 'refuse', why: `${what}, and ${wish.type} was wished for`, mayCome: false };
}

function verdictOn(volume: Volume, volumes: readonly Volume[], wish: Wish): Verdict {
	const { device } = volume;
	const isDisk = device.partition === null;
	const layout = isDisk ? layoutFor(device.sizeBytes, device.sectorBytes) : null;
	return verdictOf(
		{
			volume,
			partitions: isDisk ? partitionsOf(volume, volumes) : [],
			unfinished:
				layout !== null && readDevice(device, (reader) => isUnfinished(reader.read(0, 512), layout)),
			usedByte: () => readDevice(device, findUsedByte),
		},
		wish,
	);
}

function partitionsOf(disk: Volume, volumes: readonly Volume[]): Volume[] {
	return volumes.filter(({ device }) => device.partition?.disk === disk.device.name);
}

function choiceOf(volume: Volume, verdict: Verdict): Choice {
	const { action, why } = verdict;
	if (action === 'make') return { action, why, target: volume.device };
	return action === 'keep' ? { action, why } : { action, why, mayCome: false };
}
