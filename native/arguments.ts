// The arguments that calls of several families share.

import { argument, place } from './call.ts';
import { descriptor, int, size, text } from './check.ts';

export const path = place<[path: string]>('path', text);
export const fd = argument<[fd: number]>('fd', descriptor);
export const flags = argument<[flags: number]>('flags', int);
export const lengthBytes = argument<[lengthBytes: number]>('lengthBytes', size);
export const maxBytes = argument<[maxBytes: number]>('maxBytes', size);
