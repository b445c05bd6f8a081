// The record of an output format. formats.ts lists all formats.

import type { Processor } from '../../supervisor/contract/processors.ts';
import type { Compression, Compressors } from '../archive/compressors.ts';
import type { StagedFiles } from '../files/replace-file.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import type { Plan } from '../resolve/plan.ts';
import type { MediaToolName } from './media-tools.ts';
import type { SegmentCache } from './segment-cache.ts';
import type { SigningKey } from './signing-key.ts';

export interface OutputFormat {
	/** LinuxKit's name, which `--format` and the YAML's `outputs` take. */
	readonly name: string;
	/** Says in one line of the help what the files are. */
	readonly description: string;
	/** The endings of the files that `write` writes, in the order in which a build lists them: NAME + ending. */
	readonly endings: readonly string[];
	/** The endings of the files that `slipway run` boots; null when it can't boot this format. */
	readonly boot: BootEndings | null;
	/** What its one file is for firmware; absent when it is none for firmware. */
	readonly medium?: Medium;
	/** It is a disk, which can have a partition for data. */
	readonly isDisk?: boolean;
	/** It has an EFI program, which can be signed. */
	readonly hasEfiProgram?: boolean;
	/** What it takes from the host, beside the stub of an EFI program; absent for nothing. */
	readonly tools?: readonly MediaToolName[];
	/** What its part for BIOS takes from the host; absent when it has none. */
	readonly biosTools?: readonly MediaToolName[];
	/** Of an archive: the commands that make what `slipway run` boots in the current directory, and boot it. */
	unpacking?(path: string, system: string): string;
	/**
	 * Writes the files and returns their endings: all of `endings`, or those that the plan has the input for. Throws a
	 * `SlipwayError` when the plan lacks something that the format needs.
	 */
	write(job: OutputJob): Promise<readonly string[]>;
}

export interface BootEndings {
	readonly kernel: string;
	readonly initrd: string;
	readonly commandLine: string;
	/** The image of the root, which becomes the first disk; absent when the initrd has the root. */
	readonly root?: string;
}

/** The device as which a machine gets a file. */
export interface Medium {
	readonly ending: string;
	readonly device: 'disk' | 'cdrom' | 'program';
	/** QEMU's name of the file's format. */
	readonly imageFormat: 'raw' | 'qcow2' | 'vmdk' | 'vpc';
}

export type Firmware = 'bios' | 'uefi';

/**
 * How the root of an initrd is held: as one squashfs image that is read on demand, or as archives that the kernel unpacks
 * into the memory; `auto` is an image where the system can boot from one.
 */
export type RootKind = 'auto' | 'squashfs' | 'unpacked';

/** The input and the targets of a format. The caller commits or discards `files` and removes `scratch`. */
export interface OutputJob {
	readonly plan: Plan;
	readonly blobs: BlobFolder;
	/** The processor of the system. */
	readonly processor: Processor;
	/** The path of systemd's stub for the processor; null when no format has an EFI program. */
	readonly efiStub: string | null;
	/** The path of the outputs without their endings. */
	readonly output: string;
	readonly files: StagedFiles;
	readonly cache: SegmentCache;
	readonly compressors: Compressors;
	readonly compression: Compression;
	readonly root: RootKind;
	/** The size of a disk with a partition for data; null for a disk as large as the system. */
	readonly diskBytes: number | null;
	/** Signs the EFI program of the format; null for none. */
	readonly signing: SigningKey | null;
	/** An empty directory for temporary files. */
	readonly scratch: string;
	/** Receives lines about the progress, without line ends. */
	report(line: string): void;
}
