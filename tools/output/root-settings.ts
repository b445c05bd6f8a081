// How the root image is compressed. lz4 is unpacked fastest, zstd is smallest; larger blocks are smaller, and slower to read in parts.

import type { Compression } from '../archive/compressors.ts';
import type { PartSettings } from '../archive/squashfs/make-part.ts';

export const rootSettings: Readonly<Record<Compression, PartSettings>> = {
	fast: { compressor: 'lz4', blockBytes: 64 * 1024, options: ['-Xhc'] },
	best: { compressor: 'zstd', blockBytes: 1024 * 1024, options: ['-Xcompression-level', '22'] },
};
