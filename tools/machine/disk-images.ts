// The disk images of a machine. An existing one is used unchanged and never replaced. A new one is sparse, is made as a
// temporary file, and gets its name when it is complete.

import { execFileSync } from 'node:child_process';
import {
	closeSync,
	ftruncateSync,
	linkSync,
	openSync,
	readSync,
	rmSync,
	type Stats,
	statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';
import { sizeText } from '../config/sizes.ts';
import { SlipwayError } from '../errors.ts';
import { temporaryPath } from '../files/temporary-paths.ts';
import type { DiskFormat, DiskRequest } from './disk-option.ts';
import { neededLength } from './medium-length.ts';
import type { Disk } from './qemu-arguments.ts';

const qcow2Magic = 0x5146_49fb;
const sectorBytes = 512;

/** @param name - of the system: `NAME-disk.img`, then `NAME-disk2.img`, for disks without a file of their own */
export function prepareDisks(requests: readonly DiskRequest[], name: string): Disk[] {
	let unnamed = 0;
	return requests.map((request) => {
		if (request.file !== null) return prepareDisk(request.file, request);
		unnamed += 1;
		const ending = request.format === 'qcow2' ? 'qcow2' : 'img';
		return prepareDisk(`${name}-disk${unnamed === 1 ? '' : unnamed}.${ending}`, request);
	});
}

function prepareDisk(path: string, { sizeBytes, format: asked }: DiskRequest): Disk {
	const format = asked ?? (path.endsWith('.qcow2') ? 'qcow2' : 'raw');
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats !== undefined) checkDisk(path, format, asked !== null, sizeBytes, stats);
	else if (sizeBytes !== null) makeDisk(path, format, sizeBytes);
	else {
		throw new SlipwayError(
			'NO_FILE',
			`There is no disk ${path}. Say how large it is to be, for example --disk file=${path},size=1G.`,
		);
	}
	return { path, format };
}

/** @param isNamed - reports whether the command line names the format */
function checkDisk(
	path: string,
	format: DiskFormat,
	isNamed: boolean,
	wantedBytes: number | null,
	stats: Stats,
): void {
	if (stats.isBlockDevice()) return;
	if (!stats.isFile())
		throw new SlipwayError('BAD_INPUT', `${path} is no file: a disk is a file or a block device.`);
	const header = readHeader(path);
	const hasMagic = header.readUInt32BE(0) === qcow2Magic;
	const isQcow2 = format === 'qcow2';
	if (isQcow2 && !hasMagic)
		throw new SlipwayError('BAD_INPUT', `The disk ${path} is no qcow2 image. Add format=raw to its --disk.`);
	if (hasMagic && !isQcow2 && path.endsWith('.qcow2'))
		throw new SlipwayError('BAD_INPUT', `The disk ${path} is a qcow2 image. Add format=qcow2 to its --disk.`);
	// A guest can write such a header to its raw disk, and QEMU must not trust it: the format is never guessed.
	if (hasMagic && !isQcow2 && !isNamed)
		throw new SlipwayError(
			'BAD_INPUT',
			`The disk ${path} begins as a qcow2 image does. Add format=raw to its --disk if a guest has had it as a raw disk: that guest has ` +
				'written this, and would be shown files of this machine that it names. Add format=qcow2 if you have made it as such an image.',
		);
	if (!isNamed && !isQcow2 && !looksLikeDisk(stats.size, header)) {
		throw new SlipwayError(
			'BAD_INPUT',
			`${path} does not look like a disk, and a guest could write to it. Add format=raw to its --disk if it is one.`,
		);
	}
	const neededBytes = isQcow2 ? neededLength(path, 'qcow2') : 0;
	if (stats.size < neededBytes)
		throw new SlipwayError(
			'BAD_INPUT',
			`The end of the disk ${path} is missing: it has ${stats.size} bytes of at least ${neededBytes}. Copy it once more, or see what is ` +
				`left of it: qemu-img check ${path}`,
		);
	// Bytes 24 to 31 hold the size that the guest sees (QEMU's docs/interop/qcow2.txt).
	const sizeBytes = isQcow2 ? Number(header.readBigUInt64BE(24)) : stats.size;
	if (wantedBytes === null || wantedBytes <= sizeBytes) return;
	const wanted = sizeText(wantedBytes);
	throw new SlipwayError(
		'BAD_INPUT',
		`The disk ${path} has ${sizeText(sizeBytes)}, not ${wanted}. Leave size away to use it as it is, or enlarge ` +
			`it: qemu-img resize -f ${format} ${path} ${wanted}`,
	);
}

/** Raw disks have no mark of their own. Disks, also those that slipway makes, consist of whole sectors, and texts have no NUL. */
function looksLikeDisk(sizeBytes: number, header: Buffer): boolean {
	return sizeBytes > 0 && sizeBytes % sectorBytes === 0 && header.includes(0);
}

function readHeader(path: string): Buffer {
	const header = Buffer.alloc(sectorBytes);
	const fd = openSync(path, 'r');
	try {
		readSync(fd, header, 0, header.length, 0);
	} finally {
		closeSync(fd);
	}
	return header;
}

function makeDisk(path: string, format: DiskFormat, sizeBytes: number): void {
	const temporaryFile = temporaryPath(dirname(path), new Set());
	try {
		if (format === 'raw') makeSparse(temporaryFile, sizeBytes);
		else makeQcow2(temporaryFile, sizeBytes);
		// link(2) fails when a disk has appeared in the meantime; a rename would replace it by this empty one.
		linkSync(temporaryFile, path);
	} catch (cause) {
		if (cause instanceof SlipwayError) throw cause;
		const why = errorMessage(cause);
		throw new SlipwayError('TOOL_FAILED', `The disk ${path} could not be made: ${why}`, { cause });
	} finally {
		rmSync(temporaryFile, { force: true });
	}
}

function makeSparse(path: string, sizeBytes: number): void {
	const fd = openSync(path, 'wx');
	try {
		ftruncateSync(fd, sizeBytes);
	} finally {
		closeSync(fd);
	}
}

function makeQcow2(path: string, sizeBytes: number): void {
	try {
		execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, String(sizeBytes)], {
			stdio: ['ignore', 'ignore', 'pipe'],
			encoding: 'utf8',
		});
	} catch (cause) {
		const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: unknown };
		if (code === 'ENOENT') {
			throw new SlipwayError(
				'TOOL_FAILED',
				'qemu-img could not be started. Install it (Debian: qemu-utils) or take format=raw.',
				{ cause },
			);
		}
		throw new Error(String(stderr ?? cause).trim(), { cause });
	}
}
