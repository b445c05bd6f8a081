// The formats for firmware: one file that a machine boots as a disk, as a CD or as a program. Each is a line of `mediumFormats`.

import { open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { Content } from '../files/content.ts';
import { joinFiles } from '../files/joined.ts';
import { runTool } from '../files/run-tool.ts';
import { vhdFooterBytes, withIdentity } from '../media/vhd.ts';
import { withContentId } from '../media/vmdk.ts';
import { writingIntact } from './boot-files.ts';
import { anyDisk, type DiskKind } from './disk-drivers.ts';
import { biosDisk, efiDisk, vhdDisk } from './disk-layouts.ts';
import type { Medium, OutputFormat, OutputJob } from './format.ts';
import { biosIso, efiIso, hybridIso, identityOf, type MediumLayout, unifiedKernel } from './media-layouts.ts';
import type { MediaToolName } from './media-tools.ts';

interface MediumFormat extends Medium {
	readonly name: string;
	readonly description: string;
	readonly layout: MediumLayout;
	readonly hasEfiProgram?: boolean;
	readonly biosTools?: readonly MediaToolName[];
	/** The disks that such a file is used as, of which a partition has the root; absent when the initrd has it. */
	readonly disks?: readonly DiskKind[];
	/** Makes the file of a raw image; absent when the layout is the file. */
	readonly conversion?: Conversion;
}

interface Conversion {
	/** For `qemu-img convert`. */
	readonly options: readonly string[];
	/** Puts the ids that `qemu-img` makes by chance in order: the same system gives the same bytes. */
	settleIds?(file: string, identity: string): Promise<void>;
}

const isoTools = ['isolinux.bin', 'isohdpfx.bin', 'ldlinux.c32'] as const;
const qemuDisks: readonly DiskKind[] = ['virtio', 'board', 'usb', 'xen'];
export const biosDiskTools = ['syslinux', 'mcopy', 'mbr.bin'] as const;

const mediumFormats: readonly MediumFormat[] = [
	{
		name: 'uki',
		description: 'one EFI program with the kernel, the initrd and the command line',
		ending: '.efi',
		device: 'program',
		imageFormat: 'raw',
		layout: unifiedKernel,
		hasEfiProgram: true,
	},
	{
		name: 'iso',
		description: 'a CD or USB stick for BIOS and EFI',
		ending: '.iso',
		device: 'cdrom',
		imageFormat: 'raw',
		layout: hybridIso,
		hasEfiProgram: true,
		biosTools: isoTools,
	},
	{
		name: 'iso-bios',
		description: 'a CD or USB stick for BIOS',
		ending: '.iso',
		device: 'cdrom',
		imageFormat: 'raw',
		layout: biosIso,
		biosTools: isoTools,
	},
	{
		name: 'iso-efi',
		description: 'a CD or USB stick for EFI',
		ending: '-efi.iso',
		device: 'cdrom',
		imageFormat: 'raw',
		layout: efiIso,
		hasEfiProgram: true,
	},
	{
		name: 'iso-efi-initrd',
		description: 'the same as iso-efi, whose system runs in the memory too',
		ending: '-efi-initrd.iso',
		device: 'cdrom',
		imageFormat: 'raw',
		layout: efiIso,
		hasEfiProgram: true,
	},
	{
		name: 'raw-bios',
		description: 'a disk for BIOS',
		ending: '-bios.img',
		device: 'disk',
		imageFormat: 'raw',
		disks: anyDisk,
		layout: biosDisk,
		biosTools: biosDiskTools,
	},
	{
		name: 'raw-efi',
		description: 'a disk for EFI',
		ending: '-efi.img',
		device: 'disk',
		imageFormat: 'raw',
		disks: anyDisk,
		layout: efiDisk,
		hasEfiProgram: true,
	},
	{
		name: 'qcow2-bios',
		description: 'a disk for BIOS, in the format of QEMU, KVM and OpenStack',
		ending: '.qcow2',
		device: 'disk',
		imageFormat: 'qcow2',
		disks: qemuDisks,
		layout: biosDisk,
		biosTools: biosDiskTools,
		conversion: { options: ['-O', 'qcow2'] },
	},
	{
		name: 'qcow2-efi',
		description: 'a disk for EFI, in the same format',
		ending: '-efi.qcow2',
		device: 'disk',
		imageFormat: 'qcow2',
		disks: qemuDisks,
		layout: efiDisk,
		hasEfiProgram: true,
		conversion: { options: ['-O', 'qcow2'] },
	},
	{
		name: 'aws',
		description: 'a disk for BIOS, to import into EC2',
		ending: '.raw',
		device: 'disk',
		imageFormat: 'raw',
		disks: ['xen', 'board'],
		layout: biosDisk,
		biosTools: biosDiskTools,
	},
	{
		name: 'vhd',
		description: 'a disk for BIOS, for Azure and Hyper-V',
		ending: '.vhd',
		device: 'disk',
		imageFormat: 'vpc',
		disks: ['hyperV'],
		layout: vhdDisk,
		biosTools: biosDiskTools,
	},
	{
		name: 'dynamic-vhd',
		description: 'the same, which grows',
		ending: '.vhd',
		device: 'disk',
		imageFormat: 'vpc',
		disks: ['hyperV'],
		layout: biosDisk,
		biosTools: biosDiskTools,
		conversion: {
			options: ['-O', 'vpc', '-o', 'subformat=dynamic,force_size=on'],
			settleIds: settleVhdIds,
		},
	},
	{
		name: 'vmdk',
		description: 'a disk for BIOS, for VMware',
		ending: '.vmdk',
		device: 'disk',
		imageFormat: 'vmdk',
		disks: ['vmware'],
		layout: biosDisk,
		biosTools: biosDiskTools,
		conversion: { options: ['-O', 'vmdk', '-o', 'subformat=streamOptimized'], settleIds: settleVmdkId },
	},
];

export const mediaFormats: readonly OutputFormat[] = mediumFormats.map(outputFormat);

function outputFormat({
	name,
	description,
	layout,
	hasEfiProgram = false,
	biosTools,
	conversion,
	disks = [],
	...medium
}: MediumFormat): OutputFormat {
	return {
		name,
		description,
		endings: [medium.ending],
		boot: null,
		medium,
		isDisk: medium.device === 'disk',
		hasEfiProgram,
		...(biosTools === undefined ? {} : { biosTools }),
		tools: conversion === undefined ? [] : ['qemu-img'],
		async write(job) {
			if (job.plan.config.kernel === null)
				throw new SlipwayError('BAD_CONFIG', `${name}: the configuration names no kernel.`);
			const path = `${job.output}${medium.ending}`;
			const boot = await writingIntact(
				job,
				async ({ kernel, ...files }) => {
					// There is one, as the configuration names one.
					if (kernel === null) return;
					const all = { ...files, kernel };
					const content = await layout(all, job);
					if (conversion === undefined) await job.files.join(path, content.sources);
					else await convert(job, path, content, conversion, identityOf(all, job));
				},
				disks,
			);
			job.report(boot.memoryLine);
			return [medium.ending];
		},
	};
}

/** Writes a raw image and lets `qemu-img` make the other format of it. */
async function convert(
	{ scratch, files }: OutputJob,
	path: string,
	content: Content,
	{ options, settleIds }: Conversion,
	identity: string,
): Promise<void> {
	const raw = join(scratch, 'raw');
	// A vmdk holds its own name.
	const converted = join(scratch, basename(path));
	await rm(raw, { force: true });
	await joinFiles(content.sources, raw);
	await runTool('qemu-img', ['convert', '-f', 'raw', ...options, raw, converted]);
	await rm(raw);
	await settleIds?.(converted, identity);
	await files.make(path, async (target) => await rename(converted, target));
}

/** A dynamic VHD has the footer at its start, too. */
async function settleVhdIds(path: string, identity: string): Promise<void> {
	const file = await open(path, 'r+');
	try {
		const { size } = await file.stat();
		const footer = Buffer.alloc(vhdFooterBytes);
		await file.read(footer, 0, vhdFooterBytes, size - vhdFooterBytes);
		const settled = withIdentity(footer, identity);
		for (const position of [0, size - vhdFooterBytes]) await file.write(settled, 0, vhdFooterBytes, position);
	} finally {
		await file.close();
	}
}

async function settleVmdkId(path: string, identity: string): Promise<void> {
	const file = await open(path, 'r+');
	try {
		const start = Buffer.alloc(64 * 1024);
		await file.read(start, 0, start.length, 0);
		const settled = withContentId(start, identity);
		if (settled === null)
			throw new SlipwayError('TOOL_FAILED', `qemu-img has written no content id to ${path}.`);
		await file.write(settled.bytes, 0, settled.bytes.length, settled.position);
	} finally {
		await file.close();
	}
}
