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

export interface KeyedSegment extends Segment {
	readonly key: string;
}
