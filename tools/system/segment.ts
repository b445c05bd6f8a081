// The root tree in parts that follow each other. A part that depends on an image and its place alone has a key, by
// which its packed form is kept and used again; the rest is small and packed every time.

import type { Entry } from '../archive/entry.ts';

export interface Segment {
	/** For progress, e.g. the image's reference. */
	readonly name: string;
	/** What the contents depend on, complete; null: not kept. */
	readonly key: string | null;
	/** About how much work it is, only to be compared with other segments'. */
	readonly sizeHintBytes: number;
	/** The entries, made anew at each call. */
	entries(): AsyncIterable<Entry>;
}

/** Version of the entries of segments with a key. Bump it when the same image gives other entries: see cache-versions.test.ts. */
export const segmentVersion = 2;

/** The key of a segment: the kind of its contents and all that these depend on. */
export function segmentKey(kind: 'image' | 'kernel' | 'layout', ...parts: readonly string[]): string {
	return [kind, segmentVersion, ...parts].join(' ');
}

export interface KeyedSegment extends Segment {
	readonly key: string;
}
