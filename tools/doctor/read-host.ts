// Reads what this machine has of what slipway needs. It changes nothing, and judges nothing: that is examine.ts.

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { release, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { hostProcessor, type ProcessorName, processors } from '../../supervisor/contract/processors.ts';
import { shippedArchive } from '../images/shipped-packages.ts';
import { storePath } from '../images/store-location.ts';
import { type HostVirtualization, probeHost } from '../machine/accelerator.ts';
import { lookForFirmware } from '../machine/firmware.ts';
import { findMediaTool, type MediaToolName, mediaToolNames } from '../output/media-tools.ts';

export interface HostFacts {
	/** `linux`, and `x64` for amd64. */
	readonly platform: string;
	readonly architecture: string;
	readonly kernel: string;
	readonly user: string;
	/** The paths of the programs that were found, by name. */
	readonly programs: ReadonlyMap<string, string>;
	/** QEMU's own words, such as `QEMU emulator version 7.2.17`; null when it does not start. */
	readonly qemuVersion: string | null;
	readonly kvmExists: boolean;
	readonly virtualization: HostVirtualization;
	readonly store: StoreFacts;
	/** The paths of what output formats take from the host, by name. */
	readonly mediaTools: ReadonlyMap<MediaToolName, string>;
	/** The paths of the UEFI firmware for QEMU, by the processor of its machines; null for none. */
	readonly firmware: Readonly<Record<ProcessorName, string | null>>;
	/** The archive of system packages beside the program, or null in a clone. */
	readonly packages: string | null;
}

interface StoreFacts {
	readonly folder: string;
	readonly exists: boolean;
	readonly isWritable: boolean;
	readonly freeBytes: number;
}

/** QEMU answers at once; a broken one must not hold the report. */
const versionTimeoutMs = 5000;

/** @param cacheOption - the value of `--cache` */
export async function readHost(
	cacheOption: string | undefined,
	names: readonly string[],
	env: NodeJS.ProcessEnv = process.env,
): Promise<HostFacts> {
	const found = names.flatMap((name) => {
		const path = findProgram(name, env);
		return path === null ? [] : [[name, path] as const];
	});
	const programs = new Map(found);
	const qemu = programs.get(hostProcessor.qemu.program);
	return {
		platform: process.platform,
		architecture: process.arch,
		kernel: release(),
		user: userName(),
		programs,
		qemuVersion: qemu === undefined ? null : await firstLine(qemu, ['--version']),
		kvmExists: existsSync('/dev/kvm'),
		virtualization: probeHost(),
		store: readStore(storePath(cacheOption, env)),
		mediaTools: new Map(
			mediaToolNames.flatMap((name) => {
				const path = findMediaTool(name, env);
				return path === null ? [] : [[name, path] as const];
			}),
		),
		firmware: {
			amd64: lookForFirmware(processors.amd64)?.code ?? null,
			arm64: lookForFirmware(processors.arm64)?.code ?? null,
		},
		packages: shippedArchive(),
	};
}

/** A container may run as a user without a name. */
function userName(): string {
	try {
		return userInfo().username;
	} catch {
		return '$USER';
	}
}

/** Users other than root have no directory of root's programs in PATH, where depmod(8) is. */
function findProgram(name: string, env: NodeJS.ProcessEnv): string | null {
	const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(
		(folder) => folder !== '',
	);
	return folders.map((folder) => join(folder, name)).find((path) => may(path, constants.X_OK)) ?? null;
}

function firstLine(program: string, args: readonly string[]): Promise<string | null> {
	return new Promise((resolve) => {
		execFile(program, args, { timeout: versionTimeoutMs }, (error, stdout) => {
			resolve(error === null ? (stdout.split('\n')[0] ?? '') : null);
		});
	});
}

/** The first build makes the directory, so the nearest one above it counts. */
function readStore(folder: string): StoreFacts {
	let existing = folder;
	while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
	const { bavail, bsize } = statfsSync(existing);
	return {
		folder,
		exists: existing === folder,
		isWritable: may(existing, constants.W_OK | constants.X_OK),
		freeBytes: bavail * bsize,
	};
}

function may(path: string, mode: number): boolean {
	try {
		accessSync(path, mode);
		return true;
	} catch {
		return false;
	}
}
