// Looks for the config drive among the block devices: one that is labelled `cidata` first (cloud-init's NoCloud), then
// any CD with a file system, as LinuxKit does. Waits a bounded time, for a device may come late.

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { headBytes, type Volume, volumeOf } from './volume-label.ts';

export interface Drive extends Volume {
	/** `/dev/vdb` */
	readonly path: string;
}

export interface DevicePlaces {
	/** /sys/class/block */
	readonly names: string;
	/** /dev */
	readonly nodes: string;
}

const pollMs = 100;

export async function findDrive(places: DevicePlaces, waitMs: number): Promise<Drive | null> {
	const deadline = performance.now() + waitMs;
	for (;;) {
		const drive = lookForDrive(places);
		if (drive !== null || performance.now() >= deadline) return drive;
		await sleep(pollMs);
	}
}

function lookForDrive({ names, nodes }: DevicePlaces): Drive | null {
	const drives = devicesIn(names).flatMap((name) => {
		const path = join(nodes, name);
		const volume = readVolume(path);
		return volume === null ? [] : [{ ...volume, path, isCd: /^sr\d/.test(name) }];
	});
	const found =
		drives.find(({ label }) => label.toLowerCase() === 'cidata') ?? drives.find(({ isCd }) => isCd);
	if (found === undefined) return null;
	const { path, label, fileSystem } = found;
	return { path, label, fileSystem };
}

/** Sorted; without those that are made of memory or of files in this machine. */
function devicesIn(folder: string): string[] {
	return readdirSync(folder)
		.filter((name) => !/^(loop|ram|zram)\d/.test(name))
		.sort();
}

/** Null also for what can't be read: a drive without a medium, a device that has just gone. */
function readVolume(path: string): Volume | null {
	let fd: number | null = null;
	try {
		fd = openSync(path, 'r');
		const head = Buffer.alloc(headBytes);
		const length = readSync(fd, head, 0, head.length, 0);
		return volumeOf(head.subarray(0, length));
	} catch {
		return null;
	} finally {
		if (fd !== null) closeSync(fd);
	}
}
