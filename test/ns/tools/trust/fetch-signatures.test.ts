import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { parseMirror } from '../../../../tools/registry/endpoint.ts';
import { fetchSignatures } from '../../../../tools/trust/fetch-signatures.ts';
import { startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { digestOf } from '../../../helpers/tar.ts';
import {
	fetchAndVerify,
	makeKey,
	manifestOf,
	payloadOf,
	pulledImage,
	pushSignatures,
	putBlob,
	putManifest,
	signedLayer,
	simpleLayer,
	sourceOf,
} from './signing.ts';

test('fetchSignatures() continues with the registry when a mirror has the image but no signatures', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	await pushSignatures(image, [await signedLayer(t, key, payloadOf('', image.digest))]);
	const mirror = await startRegistry(t);
	const source = sourceOf(t, [parseMirror(`${image.host}=http://${mirror}`)]);
	const fetched = await fetchSignatures(image.name, image.digest, image.store, source);
	t.deepEqual(fetched, { count: 1, lookedAt: [mirror, image.host] });
});

test('fetchSignatures() returns none with the reason when a mirror has none and the registry fails', async (t) => {
	const image = await pulledImage(t);
	// Nothing listens there.
	const name = `127.0.0.1:9/slipway/a:v1`;
	const source = sourceOf(t, [parseMirror(`127.0.0.1:9=http://${image.host}`)]);
	const { count, lookedAt } = await fetchSignatures(name, image.digest, image.store, source);
	t.is(count, 0);
	t.is(lookedAt[0], image.host);
	t.regex(lookedAt[1] ?? '', /^127\.0\.0\.1:9 \(.*can't be reached/);
});

test('fetchSignatures() fails when every endpoint fails', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const digest = `sha256:${'0'.repeat(64)}`;
	await t.throwsAsync(fetchSignatures('127.0.0.1:9/slipway/a:v1', digest, store, sourceOf(t)), {
		code: 'UNREACHABLE',
		message: /^The signatures of 127\.0\.0\.1:9\/slipway\/a:v1 can't be fetched\.\n.*can't be reached/,
	});
});

test('fetchSignatures() refuses a signature tag that is an index', async (t) => {
	const image = await pulledImage(t);
	const tag = `${image.digest.replace(':', '-')}.sig`;
	const entry = { mediaType: mediaTypes.manifest, digest: image.digest, size: 10 };
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] };
	await putManifest(image.host, image.repository, tag, index);
	await t.throwsAsync(fetchSignatures(image.name, image.digest, image.store, sourceOf(t)), {
		code: 'BAD_SIGNATURE',
		message: /\.sig should hold signatures, but is an index/,
	});
});

test('fetchSignatures() skips layers that are of other kinds, without a signature or too large', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	const good = await signedLayer(t, key, payloadOf('', image.digest));
	const large = Buffer.from(JSON.stringify({ large: ' '.repeat(300_000) }));
	await pushSignatures(image, [
		{ ...good, mediaType: mediaTypes.layer },
		{ ...good, annotations: { 'dev.sigstore.cosign/signature': 'x' } },
		await signedLayer(t, key, large),
	]);
	await t.throwsAsync(fetchAndVerify(t, image, key), { code: 'NOT_SIGNED' });
});

test('fetchSignatures() fetches a payload with many signatures once, but not from hundreds of layers', async (t) => {
	const image = await pulledImage(t);
	const payload = payloadOf('', image.digest);
	const layers = (count: number) =>
		Array.from({ length: count }, (_, index) => simpleLayer(payload, `signature${index}`));
	await pushSignatures(image, layers(256));
	const proxy = await startFaultProxy(t, image.host, () => false);
	const through = { ...image, name: image.name.replace(image.host, proxy.host) };
	const fetched = await fetchSignatures(through.name, image.digest, image.store, sourceOf(t));
	t.is(fetched.count, 256);
	t.is(proxy.seen.filter((line) => line.includes('/blobs/')).length, 1);
	await pushSignatures(image, layers(257));
	await t.throwsAsync(fetchSignatures(image.name, image.digest, image.store, sourceOf(t)), {
		code: 'BAD_SIGNATURE',
		message: /has 257 signatures of one image, more than the 256/,
	});
});

test('fetchSignatures() reads no endless signature manifest', async (t) => {
	const image = await pulledImage(t);
	const proxy = await startFaultProxy(t, image.host, (incoming, answer) => {
		if (incoming.url?.endsWith('.sig') !== true) return false;
		answer.writeHead(200, { 'content-type': mediaTypes.manifest });
		answer.end(' '.repeat(5 * 1024 * 1024));
		return true;
	});
	const name = image.name.replace(image.host, proxy.host);
	await t.throwsAsync(fetchSignatures(name, image.digest, image.store, sourceOf(t)), {
		code: 'REGISTRY_FAILED',
		message: /sends more than 4194304 bytes/,
	});
});

test('fetchSignatures() stores no payload with another digest than in its manifest', async (t) => {
	const image = await pulledImage(t);
	const payload = payloadOf('', image.digest);
	await pushSignatures(image, [await signedLayer(t, await makeKey(t), payload)]);
	const proxy = await startFaultProxy(t, image.host, (incoming, answer) => {
		if (incoming.url?.includes('/blobs/') !== true) return false;
		answer.end(Buffer.alloc(payload.length));
		return true;
	});
	const name = image.name.replace(image.host, proxy.host);
	await t.throwsAsync(fetchSignatures(name, image.digest, image.store, sourceOf(t)), {
		code: 'DIGEST_MISMATCH',
	});
	const digest = digestOf(payload);
	t.false(image.store.blobs.has(digest));
});

test('fetchSignatures() keeps the signatures in the store when it finds none', async (t) => {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	await pushSignatures(image, [await signedLayer(t, key, payloadOf('', image.digest))]);
	await fetchAndVerify(t, image, key);
	const gone = await startFaultProxy(t, image.host, (incoming, answer) => {
		if (!/\.sig$|referrers/.test(incoming.url ?? '')) return false;
		answer.writeHead(404).end();
		return true;
	});
	const source = sourceOf(t, [parseMirror(`${image.host}=http://${gone.host}`)]);
	await fetchSignatures(image.name, image.digest, image.store, source);
	t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
});

const signatureArtifact = 'application/vnd.dev.cosign.artifact.sig.v1+json';

for (const way of ['API', 'tag'] as const) {
	test(`fetchSignatures() finds referrers by the ${way}`, async (t) => {
		const image = await pulledImage(t);
		const { host, repository, digest } = image;
		const key = await makeKey(t);
		const layer = await signedLayer(t, key, payloadOf(`${host}/slipway/a`, digest));
		const subject = { mediaType: mediaTypes.manifest, digest, size: 1 };
		const manifest = manifestOf([layer], { artifactType: signatureArtifact, subject });
		for (const bytes of [Buffer.from('{}'), layer.bytes]) await putBlob(host, repository, bytes);
		const bytes = Buffer.from(JSON.stringify(manifest));
		const entry = {
			mediaType: mediaTypes.manifest,
			digest: digestOf(bytes),
			size: bytes.length,
			artifactType: signatureArtifact,
		};
		await putManifest(host, repository, entry.digest, manifest);
		const removed = { ...entry, digest: `sha256:${'2'.repeat(64)}` };
		const sbom = { ...entry, digest: `sha256:${'1'.repeat(64)}`, artifactType: 'application/spdx+json' };
		const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] };
		if (way === 'tag') {
			await putManifest(host, repository, digest.replace(':', '-'), index);
			t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
			return;
		}
		const asked: string[] = [];
		const proxy = await startFaultProxy(t, host, (incoming, answer) => {
			const { url = '' } = incoming;
			if (!url.includes('/referrers/')) return false;
			asked.push(url);
			// Two pages, the first with what is no signature, the second with one that is gone too.
			const isFirst = !url.includes('?');
			if (isFirst) answer.setHeader('link', `<${url}?n=1&last=x>; rel="next"`);
			answer.writeHead(200, { 'content-type': mediaTypes.index });
			answer.end(JSON.stringify({ ...index, manifests: isFirst ? [sbom] : [removed, entry] }));
			return true;
		});
		const source = sourceOf(t, [parseMirror(`${host}=http://${proxy.host}`)]);
		const fetched = await fetchSignatures(image.name, digest, image.store, source);
		t.deepEqual(fetched, { count: 1, lookedAt: [proxy.host] });
		t.deepEqual(asked, [`/v2/slipway/a/referrers/${digest}`, `/v2/slipway/a/referrers/${digest}?n=1&last=x`]);
		t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
	});
}

test('fetchSignatures() stops at endless pages of referrers', async (t) => {
	const image = await pulledImage(t);
	const proxy = await startFaultProxy(t, image.host, (incoming, answer) => {
		const { url = '' } = incoming;
		if (!url.includes('/referrers/')) return false;
		answer.writeHead(200, { link: `<${url}>; rel="next"`, 'content-type': mediaTypes.index });
		answer.end(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }));
		return true;
	});
	const name = image.name.replace(image.host, proxy.host);
	await t.throwsAsync(fetchSignatures(name, image.digest, image.store, sourceOf(t)), {
		code: 'REGISTRY_FAILED',
		message: /more than 10 pages/,
	});
});
