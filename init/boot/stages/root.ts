// Makes a root that runc can pivot away from. pivot_root(2) refuses the initial ramfs, because that has no parent mount,
// so the system moves to a new mount in one of two ways (`slipway.root=`):
//
// - bind, the default: a bind mount of the same files. Nothing is copied.
// - copy: each file moves into a tmpfs, which may grow to the whole memory and has extended attributes. A ramfs needs that
//   when the image has such attributes, and so does a writable root for much data. The executable and /lib/slipway can't
//   be freed while PID 1 runs from them, so a copy would only double them: they are bind-mounted from the old root.
//
// PID 1 must do the chroot itself: the kernel's threads, which run /sbin/modprobe, share its root (CLONE_FS).

import { rmdirSync, type Stats, statSync } from 'node:fs';
import type { RootMode } from '../../../native/linux/cmdline.ts';
import { constant } from '../../../native/linux/constant.ts';
import { makeFolder } from '../../../native/linux/make-folder.ts';
import {
	isMountPoint,
	type MountEntry,
	readMountInfo,
	rootMountId,
} from '../../../native/linux/mountinfo.ts';
import type { Native } from '../../../native/native.ts';
import { ownFiles } from '../../../supervisor/contract/layout.ts';
import { checkInitramfsComplete } from '../../root/complete-initramfs.ts';
import { type CopyCalls, type CopyReport, copyTree } from '../../root/copy-tree.ts';
import { isInMemory } from '../../root/in-memory.ts';
import { applyStoredAttributes, hasStoredAttributes } from '../../root/stored-attributes.ts';
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

		if (!isInMemory(native, '/')) {
			const count = applyStoredAttributes(native, context.log);
			return skipped(`the root is no initramfs${count > 0 ? `; ${count} extended attributes set` : ''}`);
		}
		const isSwitched = state.newRootMountId !== null && rootMountId(readMountInfo()) === state.newRootMountId;
		const what = isSwitched ? 'was switched before a crash' : switchRoot(context);
		const count = applyStoredAttributes(native, context.log);
		return done(count > 0 ? `${what}, ${count} extended attributes` : what);
	},
};

function switchRoot({ native, state, commandLine }: StageContext): string {
	const isCopy = (commandLine.rootMode ?? bestMode(native)) === 'copy';
	const umask = process.umask(0);
	try {
		makeFolder(newRoot);
		if (!isMountPoint(readMountInfo(), newRoot)) mountNewRoot(native, isCopy);
		const report = isCopy ? moveFiles(native) : null;
		state.newRootMountId = readMountInfo().findLast((entry) => entry.mountPoint === newRoot)?.id ?? null;

		for (const path of mountsToMove(readMountInfo(), newRoot)) {
			makeFolder(newRoot + path);
			native.mount(path, newRoot + path, null, constant(native, 'MS_MOVE'), null);
		}
		native.chdir(newRoot);
		native.mount('.', '/', null, constant(native, 'MS_MOVE'), null);
		native.chroot('.');
		native.chdir('/');
		if (report !== null) return describe(report);
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

/** Returns the mounts directly on the old root, which move to the new one; /proc last, because the crash guard needs it. */
export function mountsToMove(entries: readonly MountEntry[], newRootPath: string): string[] {
	const root = rootMountId(entries);
	const paths = entries
		.filter((entry) => entry.parentId === root && entry.mountPoint !== '/')
		.map((entry) => entry.mountPoint)
		.filter((path) => path !== newRootPath && !path.startsWith(`${newRootPath}/`));
	return [...paths.filter((path) => path !== '/proc'), ...paths.filter((path) => path === '/proc')];
}

function describe(report: CopyReport): string {
	const megabytes = Math.round(report.bytes / 1_000_000);
	return `moved ${report.files} files, ${megabytes} MB`;
}
