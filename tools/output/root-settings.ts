// How the root image is compressed. lz4 is unpacked fastest, xz is smallest; larger blocks are smaller, and slower to read in parts.

import type { Compression } from '../archive/compressors.ts';
import type { CompressionSettings } from '../archive/squashfs/compress-blocks.ts';

export const rootSettings: Readonly<Record<Compression, CompressionSettings>> = {
	fast: { compressor: 'lz4', blockBytes: 64 * 1024, level: 9 },
	best: { compressor: 'xz', blockBytes: 1024 * 1024, level: 6 },
};
