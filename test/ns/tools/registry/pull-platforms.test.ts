import test, { type ExecutionContext } from 'ava';
import { type Descriptor, mediaTypes, type Platform } from '../../../../supervisor/image/descriptor.ts';
import { formatPlatform, parsePlatform } from '../../../../supervisor/image/platform.ts';
import { hostPlatform, openImageStore } from '../../../../tools/images/store.ts';
import { pushImage, startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar } from '../../../helpers/tar.ts';
import { assertWhole, pull } from './pulling.ts';

const host = formatPlatform(hostPlatform);
const indexOf = (manifests: readonly object[]): string =>
	JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });

/** A registry with an image for each platform, and what an index says of each. */
async function imagesFor(t: ExecutionContext, platforms: readonly string[]) {
	const registry = await startRegistry(t);
	const source = openImageStore(scratchFolder(t));
	const entries = new Map<string, Descriptor>();
	for (const name of platforms) {
		const platform = parsePlatform(name);
		if (platform === null) throw new Error(name);
		const tar = await makeTar([{ name: 'app', body: name }]);
		const layer = await source.writeBlob(bytesOf(tar), mediaTypes.layer);
		const image = await source.putImage(name.replaceAll('/', '-'), {
			config: { ...platform, config: {} },
			layers: [{ descriptor: layer, diffId: digestOf(tar) }],
		});
		entries.set(name, image);
		const tag = `docker.io/library/${name.replaceAll('/', '-')}:latest`;
		await pushImage(source.folder, tag, `${registry}/a:${name.replaceAll('/', '-')}`, '--preserve-digests');
	}
	const entry = (name: string): Descriptor => entries.get(name) as Descriptor;
	return { registry, entry };
}

async function putManifest(registry: string, tag: string, text: string): Promise<Descriptor> {
	const { mediaType } = JSON.parse(text) as { mediaType: string };
	const response = await fetch(`http://${registry}/v2/a/manifests/${tag}`, {
		method: 'PUT',
		body: text,
		headers: { 'content-type': mediaType },
	});
	if (!response.ok) throw new Error(await response.text());
	return { mediaType, digest: digestOf(Buffer.from(text)), size: text.length };
}

test('pullImage() of an index pulls the one platform, also by digest', async (t) => {
	const { registry, entry } = await imagesFor(t, [host, 'linux/s390x']);
	const index = await putManifest(registry, 'v1', indexOf([entry(host), entry('linux/s390x')]));
	const [store, elsewhere] = [openImageStore(scratchFolder(t)), openImageStore(scratchFolder(t))];
	const name = `${registry}/a@${index.digest}`;
	t.is((await pull(t, store, name)).descriptor.digest, index.digest);
	await assertWhole(t, store, name);
	t.true((await pull(t, store, name)).upToDate);
	await pull(t, elsewhere, `${registry}/a:v1`, { platform: 'linux/s390x' });
	t.deepEqual(
		(await elsewhere.list()).map((each) => each.manifest.digest),
		[entry('linux/s390x').digest],
	);
	t.is(await elsewhere.find(`${registry}/a:v1`), null);
	t.true(await elsewhere.has(`${registry}/a:v1`));
	t.false((await pull(t, elsewhere, `${registry}/a:v1`)).upToDate, 'it lacks this platform');
	await assertWhole(t, elsewhere, `${registry}/a:v1`);
	await t.throwsAsync(pull(t, store, name, { platform: 'linux/riscv64' }), {
		code: 'NO_PLATFORM',
		message: /no linux\/riscv64, only linux\/(amd64|arm64), linux\/s390x\. /,
	});
});

test('pullImage() pulls a variant from an index within the index, and no attestations', async (t) => {
	const { registry, entry } = await imagesFor(t, [host, 'linux/arm/v6', 'linux/arm/v7']);
	const attestation = { ...entry(host), platform: { os: 'unknown', architecture: 'unknown' } };
	const inner = await putManifest(
		...([registry, 'inner', indexOf([entry('linux/arm/v6'), entry('linux/arm/v7'), attestation])] as const),
	);
	await putManifest(registry, 'v1', indexOf([attestation, inner, entry(host)]));
	const store = openImageStore(scratchFolder(t));
	const name = `${registry}/a:v1`;
	for (const wanted of ['linux/arm/v7', 'linux/arm/v6', 'linux/arm']) {
		await pull(t, store, name, { platform: wanted });
		const image = await store.find(name, parsePlatform(wanted) as Platform);
		t.is(image?.manifest.digest, entry(wanted === 'linux/arm' ? 'linux/arm/v7' : wanted).digest, wanted);
		t.true((await pull(t, store, name, { platform: wanted })).upToDate, wanted);
	}
	t.is(await store.find(name), null);
	await t.throwsAsync(pull(t, store, name, { platform: 'linux/ppc64le' }), {
		message: new RegExp(`no linux/ppc64le, only linux/arm/v6, linux/arm/v7, ${host}\\. `),
	});
});

test('pullImage() refuses an index with wrong sizes or kinds', async (t) => {
	const { registry, entry } = await imagesFor(t, [host]);
	for (const lie of [{ size: entry(host).size + 1 }, { mediaType: mediaTypes.index }]) {
		await putManifest(registry, 'v1', indexOf([{ ...entry(host), ...lie }]));
		const store = openImageStore(scratchFolder(t));
		await t.throwsAsync(pull(t, store, `${registry}/a:v1`), {
			code: 'BAD_IMAGE',
			message: /Its index says that sha256:.* bytes, but it is a /,
		});
		t.deepEqual(await store.list(), []);
	}
});

const refuses = test.macro({
	async exec(t, manifest: string, message: RegExp) {
		const proxy = await startFaultProxy(t, '127.0.0.1:1', (_, answer) => {
			answer.writeHead(200, { 'content-type': 'application/json' }).end(manifest);
			return true;
		});
		const pulling = pull(t, openImageStore(scratchFolder(t)), `${proxy.host}/a:v1`);
		await t.throwsAsync(pulling, { name: 'SlipwayError', message });
	},
	title: (_, manifest: string) => `pullImage() refuses the manifest ${manifest.slice(0, 40)}`,
});

test(refuses, '{"schemaVersion":1,"fsLayers":[]}', /schema 1\).*Push it again/);
test(refuses, '{"mediaType":"text/html"}', /is no image but "text\/html"/);
test(refuses, '{}', /is no image but "application\/json"/);
test(refuses, 'null', /is no image/);
test(refuses, '<html>', /is not JSON/);
test(refuses, indexOf([]), /has no linux\/\w+, and no other/);
test(refuses, ' '.repeat(5 * 1024 * 1024), /sends more than 4194304 bytes/);
