// Packs a tree's segments, two at a time: each compression keeps one core busy.

import { availableParallelism } from 'node:os';
import type { Segment } from '../rootfs/segment.ts';
import type { PackedSegment, SegmentCache } from './segment-cache.ts';

/** @returns in the order of `segments`, whatever the order in which they became ready */
export async function packSegments(
	segments: readonly Segment[],
	cache: SegmentCache,
	scratch: string,
	onPacked: (segment: Segment, packed: PackedSegment, durationMs: number) => void,
): Promise<PackedSegment[]> {
	const packed: PackedSegment[] = [];
	const queue = segments.entries();
	const worker = async (): Promise<void> => {
		for (const [index, segment] of queue) {
			const startedAt = performance.now();
			const result = await cache.pack(segment, scratch);
			packed[index] = result;
			onPacked(segment, result, performance.now() - startedAt);
		}
	};
	await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
	return packed;
}
