// Chooses the EFI program that UEFI's HTTP boot loads: the machine's system itself where it is one (the format uki), so that nothing
// else is loaded before it.

import type { Processor } from '../../supervisor/contract/processors.ts';
import type { BootSettings } from './boot-answer.ts';
import { findMachine } from './machines.ts';
import type { ServedFile, ServedFiles } from './served-files.ts';

export const programEnding = '.efi';
/** The programs of iPXE for all processors, which are no systems. */
const loaders = /^(ipxe|snponly)(-\w+)?\.efi$/;

/**
 * Returns the path of the system's program; null when the machine boots otherwise. A machine with words for the command line or
 * with metadata does, as such a program has its command line inside.
 */
export async function systemProgram(
	{ files, machines, system }: Pick<BootSettings, 'files' | 'machines' | 'system'>,
	{ mac, uuid }: { readonly mac: string; readonly uuid: string | null },
	processor: Processor,
): Promise<string | null> {
	const machine = findMachine(machines, mac, uuid);
	if (machine !== null && (machine.append !== '' || machine.hostname !== null || machine.userData !== null))
		return null;
	const named = machine?.system ?? system;
	if (named !== null)
		return (await isFor(files, `${named}${programEnding}`, processor)) ? `${named}${programEnding}` : null;
	const names = (await files.list()).filter(isSystemProgram);
	const fit: string[] = [];
	for (const name of names) if (await isFor(files, name, processor)) fit.push(name);
	const [only] = fit;
	return only !== undefined && fit.length === 1 ? only : null;
}

/** Reports whether a file of that name is a system, and no program of iPXE. */
export function isSystemProgram(name: string): boolean {
	return name.endsWith(programEnding) && !loaders.test(name);
}

/** Reads the machine in the header of the program (PE/COFF). */
async function isFor(files: ServedFiles, path: string, { efi }: Processor): Promise<boolean> {
	const file = await files.open(path);
	if (file === null) return false;
	try {
		const start = (await read(file, 0x3c, 4)).readUInt32LE(0);
		const header = await read(file, start, 6);
		return header.toString('latin1', 0, 4) === 'PE\0\0' && header.readUInt16LE(4) === efi.peMachine;
	} finally {
		await file.handle.close();
	}
}

/** Returns zeros for what is behind the end. */
async function read({ handle }: ServedFile, position: number, lengthBytes: number): Promise<Buffer> {
	const bytes = Buffer.alloc(lengthBytes);
	await handle.read(bytes, 0, lengthBytes, position);
	return bytes;
}
