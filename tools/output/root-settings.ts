// How the root image is compressed. lz4 is unpacked fastest, zstd is smallest; larger blocks are smaller, and slower to read in parts.
// The Redis OS (220 MB): lz4 hc 64 KB 97.9 MB in 20 s of a processor, zstd 22 1 MB 66.5 MB in 96 s.

import type { Compression } from '../archive/compressors.ts';
import type { PartSettings } from '../archive/squashfs/make-part.ts';

export const rootSettings: Readonly<Record<Compression, PartSettings>> = {
	fast: { compressor: 'lz4', blockBytes: 64 * 1024, options: ['-Xhc'] },
	best: { compressor: 'zstd', blockBytes: 1024 * 1024, options: ['-Xcompression-level', '22'] },
};
