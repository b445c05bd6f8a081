// How the root image is compressed. lz4 is unpacked fastest, zstd is smallest; larger blocks are smaller, and slower to read in parts.
// The Redis OS (220 MB): lz4 hc 64 KB 97.9 MB in 20 s of a processor, zstd 22 1 MB 66.5 MB in 96 s.

import type { Compression } from '../archive/compressors.ts';
import type { CompressionSettings } from '../archive/squashfs/compress-blocks.ts';

export const rootSettings: Readonly<Record<Compression, CompressionSettings>> = {
	fast: { compressor: 'lz4', blockBytes: 64 * 1024, level: 9 },
	best: { compressor: 'zstd', blockBytes: 1024 * 1024, level: 22 },
};
