// The parts that the root tree consists of, in their order. A part that depends only on an image and its place has a key
// for the cache of packed segments; the others are small and packed in every build.

import type { Entry } from '../archive/entry.ts';

export interface Segment {
	/** Names the segment in progress lines; usually the image's reference. */
	readonly name: string;
	/** Identifies all that the entries depend on (see `segmentKey`); null when the segment is not cached. */
	readonly key: string | null;
	/** Marks the kernel's modules and the init images: what mounts a root image is in one of these. */
	readonly boots?: true;
	/** The service of which it is a part. */
	readonly service?: string;
	/** An estimate of the work, for comparison with other segments. */
	readonly sizeHintBytes: number;
	/**
	 * Returns a new stream of the entries at each call.
	 *
	 * @param earlier - the segments with a key before this one; a segment with a key must not depend on them
	 */
	entries(earlier: readonly EarlierSegment[]): AsyncIterable<Entry>;
}

/** The facts about a segment that later ones without a key may use. */
export interface EarlierSegment {
	readonly name: string;
	readonly paths: readonly string[];
}

/** Version of the entries of segments with a key. Bump it when the same image gives other entries: see cache-versions.test.ts. */
export const segmentVersion = 2;

/** Returns the key of a segment: the kind of its contents and all that these depend on. */
export function segmentKey(kind: 'image' | 'kernel' | 'layout', ...parts: readonly string[]): string {
	return [kind, segmentVersion, ...parts].join(' ');
}

export interface KeyedSegment extends Segment {
	readonly key: string;
	entries(): AsyncIterable<Entry>;
}
