// A tag that moves between the requests of one build, at the registry or in the store: what is verified, what is locked and
// what is packed must be one image.

import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { pullImage } from '../../../../tools/registry/pull-image.ts';
import { imageSource, type Pull, type PullPolicy } from '../../../../tools/resolve/image-source.ts';
import type { TrustRule } from '../../../../tools/resolve/image-trust.ts';
import type { Plan } from '../../../../tools/resolve/plan.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { startFaultProxy } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';
import { transferOptions } from '../../../ns/tools/registry/pulling.ts';

const rules: readonly TrustRule[] = [{ askedBy: 'trust', names: null, keyFiles: ['a.pub'] }];

/** A registry whose tag names another image at each request, be it a HEAD or a GET. */
async function movingRegistry(t: ExecutionContext): Promise<string> {
	const blobs = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
	const add = (content: string, type: string) => {
		const bytes = Buffer.from(content);
		const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
		blobs.set(digest, { bytes, type });
		return { mediaType: type, digest, size: bytes.length };
	};
	const images = ['good', 'evil', 'other'].map((word) => {
		const config = add(
			JSON.stringify({
				os: 'linux',
				architecture: 'amd64',
				config: { Cmd: [word] },
				rootfs: { type: 'layers', diff_ids: [] },
			}),
			mediaTypes.config,
		);
		const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [] };
		return add(JSON.stringify(manifest), mediaTypes.manifest).digest;
	});
	let requests = 0;
	const { host } = await startFaultProxy(t, '127.0.0.1:1', ({ method, url = '' }, answer) => {
		const name = url.split('/').at(-1) ?? '';
		const digest = name.startsWith('sha256:') ? name : (images[requests++ % images.length] ?? '');
		const { bytes, type } = blobs.get(digest) ?? { bytes: Buffer.alloc(0), type: '' };
		answer.writeHead(type === '' ? 404 : 200, { 'content-type': type, 'docker-content-digest': digest });
		answer.end(method === 'HEAD' ? undefined : bytes);
		return true;
	});
	return host;
}

/** Makes a plan that notes what was verified, and compares that with the lock and with what would be packed. */
async function assertOneImage(
	t: ExecutionContext,
	text: string,
	store: ReturnType<typeof openImageStore>,
	policy: PullPolicy,
	pull: Pull,
	whileVerified: () => Promise<unknown> = async () => undefined,
): Promise<Plan> {
	const verified = new Set<string>();
	const plan = await offlinePlan(loadConfig([{ name: 'a.yml', text }]), store, {
		source: imageSource(store, policy, pull),
		rules,
		verify: async (_, digest) => {
			verified.add(digest);
			await whileVerified();
		},
	});
	const packed = [...plan.images.values()].map((image) => image.manifest.digest);
	const kept = [...plan.layouts.values()].map(({ top }) => top.digest);
	t.deepEqual(new Set([...packed, ...kept]), verified);
	t.deepEqual(new Set(plan.lock.values()), verified);
	t.is(verified.size, 1);
	return plan;
}

for (const policy of ['missing', 'always'] as const) {
	test(`makePlan() verifies, locks and packs one image of a registry whose tag moves: pull ${policy}`, async (t) => {
		const host = await movingRegistry(t);
		const store = openImageStore(scratchFolder(t));
		const pull: Pull = async (reference, platform) => {
			const options = { ...transferOptions(t, {}), mirrors: [], platform };
			return (await pullImage(reference, store, options)).descriptor;
		};
		const text = `init: ["${host}/a:v1"]\nservices: [{name: s, image: "${host}/a:v1"}]\n`;
		const volume = `volumes: [{name: v, image: "${host}/a:v1", format: oci}]\n`;
		await assertOneImage(t, text + volume, store, policy, pull);
		// The second build finds the first one's image in the store.
		await assertOneImage(t, text + volume, store, policy, pull);
	});
}

test('makePlan() verifies, locks and packs one image when another process moves the tag in the store', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const good = await putTestImage(store, 'one:v1', [{ name: 'app', body: 'good' }]);
	let builds = 0;
	const move = async () => await putTestImage(store, 'one:v1', [{ name: 'app', body: `evil ${builds++}` }]);
	const text = 'init: ["one:v1"]\nvolumes: [{name: v, image: "one:v1", format: oci}]\n';
	const plan = await assertOneImage(t, text, store, 'never', async () => good, move);
	t.is(plan.images.get('one:v1')?.manifest.digest, good.digest);
});

test('makePlan() packs what a pull has brought, though the tag moves right after it', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const pull: Pull = async (reference) => {
		const pulled = await putTestImage(store, reference, [{ name: 'app', body: 'good' }]);
		await putTestImage(store, reference, [{ name: 'app', body: 'evil' }]);
		return pulled;
	};
	await assertOneImage(t, 'init: ["one:v1"]\n', store, 'always', pull);
});
