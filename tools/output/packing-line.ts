// The line about a packed segment in the progress of a build.

import { formatSize } from '../terminal/format-size.ts';
import type { OnPacked } from './pack-segments.ts';

export function reportingPacked(report: (line: string) => void): OnPacked {
	return ({ name }, { sizeBytes, cached }, durationMs) => {
		const how = cached ? 'kept from before' : `packed in ${(durationMs / 1000).toFixed(1)} s`;
		report(`${name.padEnd(32)} ${formatSize(sizeBytes).padStart(9)}  ${how}`);
	};
}
