// The processor that an ELF file is for: e_machine of its header (elf(5), the kernel's uapi/linux/elf-em.h).

/** By the names that OCI images have for processors. */
const names: ReadonlyMap<number, string> = new Map([
	[3, '386'],
	[8, 'mips'],
	[20, 'ppc'],
	[21, 'ppc64'],
	[22, 's390x'],
	[40, 'arm'],
	[62, 'amd64'],
	[183, 'arm64'],
	[243, 'riscv64'],
	[258, 'loong64'],
]);

const machineAt = 18;
const bigEndian = 2;

/** @param header - the start of an ELF file of any class. Returns null when it is too short. */
export function elfMachine(header: Buffer): number | null {
	if (header.length < machineAt + 2) return null;
	return header[5] === bigEndian ? header.readUInt16BE(machineAt) : header.readUInt16LE(machineAt);
}

export function machineName(machine: number): string {
	return names.get(machine) ?? `processors with the number ${machine}`;
}
