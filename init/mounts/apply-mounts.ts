// Makes the mounts of a table. It skips a target that is a mount point already: the kernel may have mounted /dev, or PID 1
// has made the mount before a crash.

import { flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { isMountPoint, type MountEntry } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { MountRow } from './mount-table.ts';

interface MountsReport {
	mounted: number;
	/** The failures of rows that are not optional, each with its reason. */
	readonly failures: string[];
}

/** Needs a umask of 0. */
export function applyMounts(
	native: Pick<Native, 'mount' | 'constants'>,
	rows: readonly MountRow[],
	present: readonly MountEntry[],
): MountsReport {
	const report: MountsReport = { mounted: 0, failures: [] };
	for (const row of rows) {
		if (isMountPoint(present, row.target)) continue;
		makeMountPoint(row);
		try {
			mountRow(native, row);
			report.mounted += 1;
		} catch (error) {
			// The same file system is mounted there already, which was not seen before /proc was there (mount(2)).
			if (hasCode(error, 'EBUSY')) continue;
			// An optional row may need a module that is loaded later. LinuxKit's init does not log it, either.
			if (row.need !== 'optional') report.failures.push(errorMessage(error));
		}
	}
	return report;
}

function mountRow(native: Pick<Native, 'mount' | 'constants'>, row: MountRow): void {
	const bits = flags(
		native,
		row.flags.map((name) => `MS_${name}`),
	);
	try {
		native.mount(row.source, row.target, row.type, bits, row.data);
	} catch (error) {
		// Any other error must not hide what is there under an empty file system.
		if (row.fallbackType === undefined || !hasCode(error, 'ENODEV')) throw error;
		native.mount(row.source, row.target, row.fallbackType, bits, row.data);
	}
}

/** Ignores errors: on a read-only root, or in sysfs, the mount point exists or the mount itself fails. */
function makeMountPoint(row: MountRow): void {
	try {
		makeFolder(row.target, row.mode ?? 0o755);
	} catch {
		// The error of mount(2) names the path.
	}
}
