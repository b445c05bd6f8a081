// Reads the OEM strings of SMBIOS (DMTF DSP0134, type 11): by them a hypervisor says something to a system that boots from a medium,
// whose command line it can't change. The kernel shows the table in /sys/firmware/dmi/tables/DMI.

const oemStringsType = 11;
const headerBytes = 4;

/** Returns the strings in their order; none for a table that is damaged. */
export function oemStrings(table: Uint8Array): string[] {
	const bytes = Buffer.from(table);
	const found: string[] = [];
	for (let start = 0; start + headerBytes <= bytes.length; ) {
		const [type = 0, lengthBytes = 0] = bytes.subarray(start);
		// A structure has its fixed part, then its strings, each with a NUL, then one more NUL.
		const end = bytes.indexOf('\0\0', start + lengthBytes, 'latin1');
		if (lengthBytes < headerBytes || end < 0) return found;
		if (type === oemStringsType)
			found.push(...bytes.toString('latin1', start + lengthBytes, end).split('\0'));
		start = end + 2;
	}
	return found;
}
