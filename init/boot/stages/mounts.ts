// Mounts the file systems that every system has, then makes the root shared with the containers and read-only.

import { flags } from '../../../native/linux/constant.ts';
import { type MountEntry, readMountInfo } from '../../../native/linux/mountinfo.ts';
import type { Native } from '../../../native/native.ts';
import { errorMessage } from '../../../native/text/error-message.ts';
import { ownFiles } from '../../../supervisor/contract/layout.ts';
import { withoutModuleHelper } from '../../modules/module-helper.ts';
import { applyMounts } from '../../mounts/apply-mounts.ts';
import { passControllersOn } from '../../mounts/cgroup-controllers.ts';
import { makeDeviceNodes } from '../../mounts/device-nodes.ts';
import { mountTable } from '../../mounts/mount-table.ts';
import { makeVarFolders, mountVar } from '../../mounts/var.ts';
import type { CopyCalls } from '../../root/copy-tree.ts';
import { isInMemory } from '../../root/in-memory.ts';
import { done, type Stage } from '../stage.ts';

export const mountsStage: Stage = {
	name: 'mounts',
	fatal: false,
	timeoutMs: 30_000,
	run({ native, log, commandLine }) {
		// Modes apply as they are written. Nothing else runs yet that the umask could affect.
		const umask = process.umask(0);
		try {
			const report = withoutModuleHelper(() => applyMounts(native, mountTable, readMountInfo()));
			const steps: readonly [string, () => void][] = [
				['device nodes', () => makeDeviceNodes(native)],
				['/var', () => prepareVar(native, commandLine.rootWritable)],
				['cgroups', () => throwIfRefused(passControllersOn())],
				['shared mounts', () => native.mount(null, '/', null, flags(native, ['MS_REC', 'MS_SHARED']), null)],
				['read-only root', () => makeReadOnly(native, commandLine.rootWritable)],
			];
			for (const [what, step] of steps) {
				try {
					step();
				} catch (error) {
					report.failures.push(`${what}: ${errorMessage(error)}`);
				}
			}
			for (const failure of report.failures) log.warn({ stage: 'mounts' }, failure);
			const root = commandLine.rootWritable ? 'writable' : 'read-only';
			return done(`${report.mounted} file systems, root ${root}`);
		} finally {
			process.umask(umask);
		}
	},
};

function prepareVar(native: CopyCalls & Pick<Native, 'statfs'>, rootWritable: boolean): void {
	// A writable root has a writable /var; a second one in memory would hide the files in it.
	if (!rootWritable) mountVar(native, readMountInfo(), isInMemory(native, '/'));
	makeVarFolders();
}

/**
 * Makes the mount read-only, not the file system (`MS_BIND`): the initramfs below a bound root is out of reach, and the
 * kernel has mounted a disk read-only already. PID 1's own bind mounts in the root become read-only, too.
 */
function makeReadOnly(native: Pick<Native, 'mount' | 'constants'>, rootWritable: boolean): void {
	if (rootWritable) return;
	const bits = flags(native, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY']);
	for (const entry of readMountInfo().filter(isPartOfRoot))
		native.mount(null, entry.mountPoint, null, bits, null);
}

function isPartOfRoot(entry: MountEntry): boolean {
	return ['/', ownFiles.executable, ownFiles.libraries].includes(entry.mountPoint);
}

function throwIfRefused(controllers: readonly string[]): void {
	if (controllers.length > 0) throw new Error(`not passed on: ${controllers.join(', ')}`);
}
