// Makes a root that runc can pivot away from. pivot_root(2) refuses the initial ramfs, because that has no parent mount,
// so a system that is unpacked there moves to a new mount in one of two ways (`slipway.root=`):
//
// - bind, the default: a bind mount of the same files. Nothing is copied.
// - copy: each file moves into a tmpfs, which may grow to the whole memory and has extended attributes. A ramfs needs that
//   when the image has such attributes, and so does a writable root for much data. The executable and /lib/slipway can't
//   be freed while PID 1 runs from them, so a copy would only double them: they are bind-mounted from the old root.
//
// A root that is one file system image stays where it is, unless it is to be writable or in memory (init/root/image-root.ts).

import { rmdirSync, type Stats, statSync } from 'node:fs';
import { constant } from '../../../native/linux/constant.ts';
import { makeFolder } from '../../../native/linux/make-folder.ts';
import {
	isMountPoint,
	type MountEntry,
	readMountInfo,
	rootMountId,
} from '../../../native/linux/mountinfo.ts';
import type { Native } from '../../../native/native.ts';
import type { RootMode } from '../../../supervisor/contract/kernel-command-line.ts';
import { ownFiles } from '../../../supervisor/contract/layout.ts';
import { environment } from '../../process/crash-guard.ts';
import { checkInitramfsComplete } from '../../root/complete-initramfs.ts';
import { type CopyCalls, type CopyReport, copyTree } from '../../root/copy-tree.ts';
import { diskBelow } from '../../root/disk-below.ts';
import { copyImage, imageRoot, leaveImage, makeImageWritable, type TooLarge } from '../../root/image-root.ts';
import { isInMemory } from '../../root/in-memory.ts';
import { applyStoredAttributes, hasStoredAttributes } from '../../root/stored-attributes.ts';
import { moveMounts, moveOverRoot } from '../../root/switch-root.ts';
import { done, type Stage, type StageContext, skipped } from '../stage.ts';

const newRoot = '/.slipway-root';

export const rootStage: Stage = {
	name: 'root',
	fatal: true,
	timeoutMs: 120_000,
	run(context) {
		const { native, state } = context;
		// After a crash between MS_MOVE and chroot the new root lies over this one; `..` of the root leads to it.
		native.chdir('/..');
		native.chroot('.');
		native.chdir('/');
		checkInitramfsComplete('/');

		const entries = readMountInfo();
		const image = imageRoot(entries);
		const isSwitched = state.newRootMountId !== null && rootMountId(entries) === state.newRootMountId;
		if (!isSwitched && image !== null) return done(switchFromImage(context, image));
		if (!isSwitched && !isInMemory(native, '/')) {
			const count = applyStoredAttributes(native, context.log);
			return skipped(`the root is no initramfs${count > 0 ? `; ${count} extended attributes set` : ''}`);
		}
		const what = isSwitched ? afterSwitch(context) : switchRoot(context);
		const count = applyStoredAttributes(native, context.log);
		return done(count > 0 ? `${what}, ${count} extended attributes` : what);
	},
};

/** Does not return when the image is copied and PID 1 runs from it. */
function switchFromImage({ native, log, state, commandLine }: StageContext, image: MountEntry): string {
	const what = `${image.type} on ${image.source}`;
	const umask = process.umask(0);
	try {
		if (commandLine.rootMode === 'copy') {
			const report = copyImage(native, state);
			if ('files' in report) {
				log.info({ stage: 'root' }, `${what}: copied ${countOf(report)}; PID 1 goes on from there`);
				leaveImage(native, environment());
				return 'copied to memory';
			}
			log.warn({ stage: 'root' }, tooLarge(what, report));
		}
		if (commandLine.rootWritable) {
			state.rootDevice = diskBelow(image.deviceNumbers);
			makeImageWritable(native, state);
			return `${what}, writable by an overlay in memory`;
		}
		state.rootDevice = diskBelow(image.deviceNumbers);
		return `${what}, read on demand`;
	} finally {
		process.umask(umask);
	}
}

/** A PID 1 that has left an image for its copy starts again, like one that has crashed. */
function afterSwitch({ native }: StageContext): string {
	leaveImage(native, environment());
	const isCopyOfImage = statSync('/proc/self/exe').dev === statSync('/').dev && isInMemory(native, '/');
	return isCopyOfImage ? 'copied to memory, and the image is free' : 'was switched before a crash';
}

function switchRoot({ native, state, commandLine }: StageContext): string {
	const isCopy = (commandLine.rootMode ?? bestMode(native)) === 'copy';
	const umask = process.umask(0);
	try {
		makeFolder(newRoot);
		if (!isMountPoint(readMountInfo(), newRoot)) mountNewRoot(native, isCopy);
		const report = isCopy ? moveFiles(native) : null;
		state.newRootMountId = readMountInfo().findLast((entry) => entry.mountPoint === newRoot)?.id ?? null;

		moveMounts(native, newRoot);
		moveOverRoot(native, newRoot);
		if (report !== null) return `moved ${countOf(report)}`;
		rmdirSync(newRoot);
		return 'bound';
	} finally {
		process.umask(umask);
	}
}

function bestMode(native: Pick<Native, 'statfs' | 'constants'>): RootMode {
	const isRamfs = native.statfs('/').type === constant(native, 'RAMFS_MAGIC');
	return isRamfs && hasStoredAttributes() ? 'copy' : 'bind';
}

/**
 * The tmpfs gets the whole memory as its limit: its files come out of the old root, so the sum does not grow. (A tmpfs'
 * default is half of the memory, and a big image booted with `rootfstype=ramfs` would not fit.)
 */
function mountNewRoot(native: Pick<Native, 'mount' | 'constants'>, isCopy: boolean): void {
	if (isCopy) native.mount('slipway-root', newRoot, 'tmpfs', 0, 'mode=755,size=100%');
	else native.mount('/', newRoot, null, constant(native, 'MS_BIND'), null);
}

function moveFiles(native: CopyCalls): CopyReport {
	const executable = statSync('/proc/self/exe');
	const isPinned = (path: string, stats: Stats): boolean =>
		path === ownFiles.libraries || (stats.ino === executable.ino && stats.dev === executable.dev);
	return copyTree(native, {
		from: '/',
		to: newRoot,
		move: true,
		isPinned,
		isSkipped: (path) => path === newRoot,
	});
}

function tooLarge(what: string, { neededBytes, freeBytes }: TooLarge): string {
	const [needed, free] = [Math.ceil(neededBytes / 2 ** 20), Math.floor(freeBytes / 2 ** 20)];
	return (
		`slipway.root=copy copies nothing: the root takes ${needed} MB, and ${free} MB of the memory are free for it. The system goes ` +
		`on with the ${what}, which must stay there. Give the machine ${Math.max(needed - free, 1)} MB more`
	);
}

function countOf(report: CopyReport): string {
	const megabytes = Math.round(report.bytes / 1_000_000);
	return `${report.files} files, ${megabytes} MB`;
}
