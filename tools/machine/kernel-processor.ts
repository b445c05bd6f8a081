// Finds out which processor a kernel is for, by the magic of its image.

import { closeSync, openSync, readSync } from 'node:fs';
import { type Processor, processors } from '../../supervisor/contract/processors.ts';

/** Returns null for a file that is no kernel of a processor of the table. */
export function kernelProcessor(kernel: string): Processor | null {
	const head = Buffer.alloc(4096);
	const fd = openSync(kernel, 'r');
	try {
		readSync(fd, head, 0, head.length, 0);
	} finally {
		closeSync(fd);
	}
	const isFor = ({ kernelMagic: { at, text } }: Processor): boolean =>
		head.toString('latin1', at, at + text.length) === text;
	return Object.values(processors).find(isFor) ?? null;
}
