// The list of Alpine packages of a system with several init images, compared with what LinuxKit's apk_tarwriter.go writes.

import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { openSegmentCache } from '../../../../tools/output/segment-cache.ts';
import { treeInOneStream } from '../../../../tools/system/boot-entries.ts';
import { systemTree } from '../../../../tools/system/system-tree.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const path = 'lib/apk/db/installed';

async function makePlan(t: ExecutionContext, ...init: readonly string[]) {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'one:v1', [{ name: path, body: 'P:musl\nV:1\n' }]);
	await putTestImage(store, 'none:v1', [{ name: 'etc/motd', body: 'hello' }]);
	await putTestImage(store, 'two:v1', [{ name: path, body: 'P:busybox\nV:2\n' }]);
	const config = loadConfig([{ name: 'a.yml', text: `init: ${JSON.stringify(init)}\n` }]);
	return { plan: await offlinePlan(config, store), store };
}

/** Returns what an archive's reader finds: the last one of the path. */
async function databaseOf(t: ExecutionContext, ...init: readonly string[]): Promise<string | null> {
	const { plan, store } = await makePlan(t, ...init);
	let last: string | null = null;
	for await (const entry of treeInOneStream(plan, store.blobs)) {
		if (entry.kind !== 'file' || entry.path !== path) continue;
		last = await text(entry.content());
	}
	return last;
}

test('apkDatabase() joins the lists of all init images, with two line ends behind each', async (t) => {
	const joined = 'P:musl\nV:1\n\n\nP:busybox\nV:2\n\n\n';
	t.is(await databaseOf(t, 'one:v1', 'none:v1', 'two:v1'), joined);
});

test('apkDatabase() leaves the list of a single image as it is', async (t) => {
	t.is(await databaseOf(t, 'none:v1', 'one:v1'), 'P:musl\nV:1\n');
	t.is(await databaseOf(t, 'none:v1'), null);
});

test('apkDatabase() knows from kept segments which images have a list', async (t) => {
	const { plan, store } = await makePlan(t, 'one:v1', 'none:v1', 'two:v1');
	const cache = openSegmentCache(store.folder, new Set());
	const segments = systemTree(plan, store.blobs);
	const earlier = [];
	for (const segment of segments) {
		if (segment.key === null) continue;
		const { contents } = await cache.pack({
			...segment,
			key: segment.key,
			entries: () => segment.entries([]),
		});
		earlier.push({ name: segment.name, paths: contents.paths });
	}
	const entries: Entry[] = [];
	for await (const entry of segments.find(({ name }) => name === path)?.entries(earlier) ?? [])
		entries.push(entry);
	t.like(entries, [{ kind: 'file', path, mode: 0o644, uid: 0, gid: 0, sizeBytes: 29 }]);
});
