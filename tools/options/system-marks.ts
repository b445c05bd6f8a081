// What a system was built of, for a comparison with the build before: may a running guest take the change, or must it boot?

import { fileDigest } from '../files/file-digest.ts';
import type { ImageStore } from '../images/store.ts';
import { systemTree } from '../system/system-tree.ts';
import { changedServices, type TreeMarks, treeMarks } from '../system/tree-marks.ts';
import type { BuiltSystem } from './build-files.ts';
import { servedPorts } from './system-ports.ts';

export interface SystemMarks {
	/** The digests of all files of the build. */
	readonly files: string;
	/** The digests of those that are not the root: the kernel and its command line. */
	readonly kernel: string;
	/** The guest's ports that `slipway up` publishes. */
	readonly ports: string;
	readonly tree: TreeMarks;
}

export async function systemMarks({ plan, written }: BuiltSystem, store: ImageStore): Promise<SystemMarks> {
	const digests = await Promise.all(written.map(fileDigest));
	return {
		files: digests.join(),
		kernel: digests.filter((_, index) => !written[index]?.endsWith('.img')).join(),
		ports: servedPorts(plan).join(),
		tree: await treeMarks(systemTree(plan, store.blobs)),
	};
}

/** Returns the services that differ when nothing else does; otherwise what differs, in words that follow "because". */
export function replaceableServices(before: SystemMarks, after: SystemMarks): readonly string[] | string {
	if (before.kernel !== after.kernel) return 'the kernel or its command line has changed';
	const names = changedServices(before.tree, after.tree);
	if (names === null || names.length === 0) return 'more than the contents of services has changed';
	// QEMU takes them when it starts.
	return before.ports === after.ports ? names : 'the ports that are published have changed';
}
