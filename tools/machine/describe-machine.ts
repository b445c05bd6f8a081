// Turns a request for a machine, such as the options of `slipway run`, into the machine's description.

import { statSync } from 'node:fs';
import {
	hostProcessor,
	type Processor,
	type ProcessorName,
	processors,
} from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { readImageSize } from '../output/image-initrd.ts';
import { readUnpackedSize } from '../output/initrd-marks.ts';
import { withConsole } from '../output/machine-console.ts';
import { neededForImage, neededMegabytes } from '../output/memory-need.ts';
import { type Accelerator, chooseAccelerator, probeHost } from './accelerator.ts';
import {
	describeMedium,
	findMediumFile,
	type MediumChoice,
	mediumFormat,
	mediumSystemName,
} from './boot-medium.ts';
import { checkMedium, checkSystem } from './check-medium.ts';
import { configDrive, readData } from './config-drive.ts';
import { prepareDisks } from './disk-images.ts';
import type { DiskRequest } from './disk-option.ts';
import { kernelProcessor } from './kernel-processor.ts';
import { mediumProcessor } from './medium-processor.ts';
import type { PublishedPort } from './published-port.ts';
import type { DirectBoot, FirmwareBoot, MachineOptions } from './qemu-arguments.ts';
import { findSystem, hasSystem, systemName } from './system-files.ts';

export interface MachineRequest extends MediumChoice {
	/** The path of a system's files without their endings, or of a medium. */
	readonly name: string;
	readonly memoryMegabytes: number;
	readonly cpus: number;
	readonly publish: readonly PublishedPort[];
	readonly disks: readonly DiskRequest[];
	/** A file's name or the text itself; null for no config drive. */
	readonly data: string | null;
	readonly accelerator: 'auto' | Accelerator;
	/** The processor of `--arch`; absent for that of the system's kernel. */
	readonly arch?: ProcessorName;
	/** The machine has a TPM 2.0 of its own. */
	readonly tpm?: boolean;
	/** Added to the kernel's command line; may be empty. */
	readonly append: string;
}

/**
 * Returns the machine for this request, and makes its disks. Throws a `SlipwayError` when the system or the accelerator
 * is absent, or the memory too small.
 */
export function describeMachine(given: MachineRequest): MachineOptions {
	const request = { ...given, name: systemName(given.name) };
	const medium = hasSystem(request.name) ? null : findMediumFile(request.name);
	const boot = medium === null ? directBoot(request) : firmwareBoot(medium, request);
	return {
		...boot,
		memoryMegabytes: request.memoryMegabytes,
		cpus: request.cpus,
		accelerator: chooseAccelerator(request.accelerator, probeHost(), boot.processor),
		publish: request.publish,
		...(request.tpm === true && { tpm: true }),
		...(request.data === null ? {} : { data: configDrive(readData(request.data)) }),
		// The last step: an error in the rest leaves no disk behind.
		disks: prepareDisks(request.disks, medium === null ? request.name : mediumSystemName(medium)),
	};
}

type ProcessorBoot<Boot> = Boot & { readonly processor: Processor };

/** @param own - the processor that the kernel or the medium is for; null when they do not say it */
function processorOf({ name, arch }: MachineRequest, own: Processor | null): Processor {
	const processor = arch === undefined ? null : processors[arch];
	if (processor === null || own === null || own === processor) return processor ?? own ?? hostProcessor;
	throw new SlipwayError(
		'BAD_INPUT',
		`--arch ${processor.name}: ${name} is built for ${own.name}. Build it with "slipway build --arch ${processor.name}".`,
	);
}

function directBoot(request: MachineRequest): ProcessorBoot<DirectBoot> {
	const system = findSystem(request.name);
	if ((request.firmware ?? 'auto') !== 'auto' || (request.drive ?? 'auto') !== 'auto') {
		const message = `${request.name} is a kernel with an initrd, which QEMU boots without firmware. --firmware and --drive are for media, such as NAME.iso.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	if (request.secureBoot !== undefined) {
		const message = `${request.name} is a kernel with an initrd, which QEMU boots without firmware. --secure-boot is for media for EFI, such as NAME.efi.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	if (request.keep === true) {
		const message = `${request.name} is a kernel with an initrd, and no disk that is written to. --keep is for media such as NAME-efi.img; --disk size=1G gives the machine a disk.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	checkSystem(system);
	const processor = processorOf(request, kernelProcessor(system.kernel));
	const commandLine = [
		withConsole(system.commandLine, processor),
		`slipway.events=${processor.events}`,
		request.append,
	]
		.filter((part) => part !== '')
		.join(' ');
	checkMemory(request, system.initrd, commandLine);
	return { processor, kernel: system.kernel, initrd: system.initrd, root: system.root, commandLine };
}

function firmwareBoot(path: string, request: MachineRequest): ProcessorBoot<FirmwareBoot> {
	if (request.append !== '') {
		const message = `The kernel's command line is inside ${path}: --append can't add to it. Write it into the YAML's kernel.cmdline, or boot the format kernel+initrd.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	checkMedium(path, mediumFormat(path));
	const processor = processorOf(request, mediumProcessor(path));
	return { processor, medium: describeMedium(path, request, processor) };
}

/** Returns megabytes; 0 for an initrd of another tool, which has no mark with its size. */
export function neededMemory(initrd: string, commandLine: string): number {
	const unpacked = readUnpackedSize(initrd);
	const imageBytes = readImageSize(initrd);
	const initrdBytes = statSync(initrd).size;
	if (imageBytes !== null) return neededForImage({ imageBytes, initrdBytes });
	return unpacked === null ? 0 : neededMegabytes({ unpacked, initrdBytes, commandLine });
}

function checkMemory({ name, memoryMegabytes }: MachineRequest, initrd: string, commandLine: string): void {
	const needed = neededMemory(initrd, commandLine);
	if (memoryMegabytes >= needed) return;
	throw new SlipwayError(
		'BAD_INPUT',
		`${name} needs at least ${needed} MB of memory until its services run, and --memory is ${memoryMegabytes}.`,
	);
}
