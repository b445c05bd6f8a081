import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { type Descriptor, mediaTypes, type Platform } from '../../../../supervisor/image/descriptor.ts';
import { hostPlatform, type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { proxyFor } from '../../../../tools/registry/proxy.ts';
import { makeCertificate } from '../../../helpers/certificate.ts';
import { startConnectProxy } from '../../../helpers/connect-proxy.ts';
import { login, startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar } from '../../../helpers/tar.ts';
import { assertWhole, bodyOf, madeImage, pull, reference } from './pulling.ts';
import { push, readBack } from './pushing.ts';

test('pushImage() sends an image that skopeo reads; the second time it is up to date', async (t) => {
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const target = `${host}/slipway/a:v1`;
	const pushed = await push(t, store, target);
	t.deepEqual(pushed, {
		target,
		upToDate: false,
		alone: null,
		digest: (await store.resolve(reference))?.digest ?? '',
	});
	t.is((await readBack(t, target)).stdout.trim(), pushed.digest);
	t.deepEqual(await push(t, store, target), { ...pushed, upToDate: true });
	const here = openImageStore(scratchFolder(t));
	await pull(t, here, target);
	await assertWhole(t, here, target);
});

test('pushImage() sends no blob that the repository has, and accepts a digest as a target', async (t) => {
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const { digest } = await push(t, store, `${host}/slipway/a:v1`);
	const proxy = await startFaultProxy(t, host, () => false);
	t.false((await push(t, store, `${proxy.host}/slipway/a:v2`)).upToDate);
	t.true((await push(t, store, `${proxy.host}/slipway/a@${digest}`)).upToDate);
	t.deepEqual(
		proxy.seen.filter((each) => !each.startsWith('HEAD')),
		['PUT /v2/slipway/a/manifests/v2'],
	);
	const other = `${host}/slipway/a@sha256:${'0'.repeat(64)}`;
	await t.throwsAsync(push(t, store, other), { code: 'BAD_INPUT', message: new RegExp(digest) });
});

test('pushImage() logs in by basic authentication; without a login it names the command', async (t) => {
	const [host, store] = [await startRegistry(t, { basic: true }), await madeImage(t)];
	const target = `${host}/slipway/a:v1`;
	await t.throwsAsync(push(t, store, target), {
		code: 'DENIED',
		message: /can't be pushed\. .* wants a login for slipway\/a to push.*docker login 127\.0\.0\.1:\d+"/,
	});
	await t.throwsAsync(
		push(t, store, target, { credentials: { kind: 'password', ...login, password: 'x' } }),
		{
			code: 'DENIED',
			message: /does not accept the login for slipway\/a, or it may not push there \(401\)/,
		},
	);
	const { digest } = await push(t, store, target, { credentials: { kind: 'password', ...login } });
	const seen = await readBack(t, target, `--src-creds=${login.username}:${login.password}`);
	t.is(seen.stdout.trim(), digest);
});

test('pushImage() gets one token for pull and push', async (t) => {
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const scopes: (string | null)[] = [];
	const front = await startFaultProxy(t, host, (incoming, answer) => {
		const url = new URL(incoming.url ?? '', 'http://x');
		if (url.pathname === '/token') {
			scopes.push(url.searchParams.get('scope'));
			answer.end(JSON.stringify({ access_token: 'good' }));
			return true;
		}
		if (incoming.headers.authorization === 'Bearer good') {
			delete incoming.headers.authorization;
			return false;
		}
		const scope = `repository:slipway/a:${incoming.method === 'HEAD' ? 'pull' : 'pull,push'}`;
		const challenge = `Bearer realm="http://${incoming.headers.host}/token",service="s",scope="${scope}"`;
		answer.writeHead(401, { 'www-authenticate': challenge }).end();
		return true;
	});
	await push(t, store, `${front.host}/slipway/a:v1`);
	await readBack(t, `${host}/slipway/a:v1`);
	t.deepEqual(scopes, ['repository:slipway/a:pull,push']);
});

test('pushImage() uses TLS with a CA of its own, and a proxy', async (t) => {
	const { certificate, key, pem } = await makeCertificate(t, 'DNS:registry.invalid');
	const [host, store] = [await startRegistry(t, { tls: { certificate, key } }), await madeImage(t)];
	const proxy = await startConnectProxy(t, host);
	const [target, proxies] = ['registry.invalid/slipway/a:v1', proxyFor({ HTTPS_PROXY: proxy.url })];
	await t.throwsAsync(push(t, store, target, { proxyFor: proxies }), {
		code: 'UNREACHABLE',
		message: /self-signed certificate.*--ca FILE/,
	});
	const { digest } = await push(t, store, target, { proxyFor: proxies, ca: pem });
	t.is((await readBack(t, `${host}/slipway/a:v1`)).stdout.trim(), digest);
});

test('pushImage() uses plain http for another host with the option', async (t) => {
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const proxy = await startConnectProxy(t, host);
	const proxies = proxyFor({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
	const target = 'registry.invalid:5000/slipway/a:v1';
	await t.throwsAsync(push(t, store, target, { proxyFor: proxies }), {
		code: 'UNREACHABLE',
		message: /--plain-http/,
	});
	await push(t, store, target, { proxyFor: proxies, plainHttp: true });
	await readBack(t, `${host}/slipway/a:v1`);
});

test('pushImage() reports a missing image and a missing blob', async (t) => {
	const store = await madeImage(t);
	const target = '127.0.0.1:1/a';
	await t.throwsAsync(push(t, store, target, { from: 'none' }), {
		code: 'NO_IMAGE',
		message: /has no docker\.io\/library\/none:latest\. "slipway cache ls"/,
	});
	await t.throwsAsync(push(t, store, target, { platform: 'linux/s390x' }), {
		code: 'NO_PLATFORM',
		message: /has no image for linux\/s390x/,
	});
	await t.throwsAsync(push(t, store, target), { code: 'UNREACHABLE', message: /ECONNREFUSED/ });
	const layer = (await store.find(reference))?.layers[0]?.digest ?? '';
	rmSync(store.blobs.path(layer));
	await t.throwsAsync(push(t, store, target), {
		code: 'BLOB_MISSING',
		message: new RegExp(`lacks ${layer}.*Pull, import or build`),
	});
});

/** An index of images for platforms, of which one may be gone. */
async function putIndex(
	store: ImageStore,
	platforms: readonly Platform[],
	gone?: Platform,
): Promise<Descriptor[]> {
	const manifests: Descriptor[] = [];
	for (const platform of platforms) {
		const tar = await makeTar([{ name: 'app', body: JSON.stringify(platform) }]);
		const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
		const layers = [{ descriptor, diffId: digestOf(tar) }];
		manifests.push({
			...(await store.putImage('one', { config: { ...platform, config: {} }, layers })),
			platform,
		});
	}
	await store.untag(['one']);
	const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
	await store.tag('all', await store.writeBlob(bytesOf(index), mediaTypes.index));
	if (gone !== undefined) rmSync(store.blobs.path(manifests[platforms.indexOf(gone)]?.digest ?? ''));
	return manifests;
}

const s390x: Platform = { os: 'linux', architecture: 's390x' };
const ppc64le: Platform = { os: 'linux', architecture: 'ppc64le' };

async function indexed(t: ExecutionContext, platforms: readonly Platform[], gone?: Platform) {
	const [host, store] = [await startRegistry(t), openImageStore(scratchFolder(t))];
	const manifests = await putIndex(store, platforms, gone);
	const sent = async (platform?: string) =>
		await push(t, store, `${host}/a:v1`, { from: 'all', ...(platform === undefined ? {} : { platform }) });
	return { host, store, manifests, sent };
}

test('pushImage() sends an index with all its platforms, or the requested one', async (t) => {
	const { host, store, manifests, sent } = await indexed(t, [hostPlatform, s390x]);
	const pushed = await sent();
	t.is(pushed.digest, (await store.resolve('all'))?.digest ?? '');
	await readBack(t, `${host}/a:v1`, '--all');
	const one = await sent('linux/s390x');
	t.deepEqual([one.digest, one.alone], [manifests[1]?.digest, null]);
	await t.throwsAsync(sent('linux/riscv64'), { code: 'NO_PLATFORM' });
});

test("pushImage() of an incomplete index sends this machine's platform alone", async (t) => {
	const { host, manifests, sent } = await indexed(t, [s390x, ppc64le, hostPlatform], s390x);
	const pushed = await sent();
	t.is(pushed.alone?.digest, manifests[2]?.digest);
	t.is((await readBack(t, `${host}/a:v1`)).stdout.trim(), pushed.digest);
	t.is((await sent('linux/ppc64le')).digest, manifests[1]?.digest ?? '');
	await t.throwsAsync(sent('linux/s390x'), { code: 'BLOB_MISSING' });
});

test('pushImage() of an incomplete index requires a choice of other platforms', async (t) => {
	const riscv64: Platform = { os: 'linux', architecture: 'riscv64' };
	const several = await indexed(t, [s390x, ppc64le, riscv64], riscv64);
	await t.throwsAsync(several.sent(), {
		code: 'NO_PLATFORM',
		message:
			/several platforms of .* \(linux\/s390x, linux\/ppc64le\), but not all\. Choose one with --platform/,
	});
	const one = await indexed(t, [s390x, ppc64le], s390x);
	t.is((await one.sent()).digest, one.manifests[1]?.digest ?? '');
	const none = await indexed(t, [s390x], s390x);
	await t.throwsAsync(none.sent(), { code: 'BLOB_MISSING' });
});

test('pushImage() reports that a login may not write', async (t) => {
	const store = await madeImage(t);
	const denied = await startFaultProxy(t, '127.0.0.1:1', async (incoming, answer) => {
		await bodyOf(incoming);
		if (incoming.method === 'HEAD') answer.writeHead(404).end();
		else answer.writeHead(403).end('{"errors":[{"message":"read only"}]}');
		return true;
	});
	await t.throwsAsync(push(t, store, `${denied.host}/a`), {
		code: 'DENIED',
		message: /does not take the blob .* \(403: read only\)\. .*may this login write there\?/,
	});
});
