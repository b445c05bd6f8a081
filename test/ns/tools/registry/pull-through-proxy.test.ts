import test, { type ExecutionContext } from 'ava';
import { openImageStore } from '../../../../tools/images/store.ts';
import { parseMirror } from '../../../../tools/registry/endpoint.ts';
import { proxyFor } from '../../../../tools/registry/proxy.ts';
import { makeCertificate } from '../../../helpers/certificate.ts';
import { startConnectProxy } from '../../../helpers/connect-proxy.ts';
import { pushImage, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { assertWhole, filledRegistry, madeImage, pull, reference } from './pulling.ts';

const name = 'registry.invalid/slipway/a:v1';

async function tlsRegistry(t: ExecutionContext) {
	const tls = await makeCertificate(t, 'DNS:registry.invalid');
	const [host, image] = [await startRegistry(t, { tls }), await madeImage(t)];
	await pushImage(image.folder, reference, `${host}/slipway/a:v1`);
	return { host, ca: tls.pem };
}

test('pullImage() goes through a proxy by CONNECT, with its login, to a registry with a CA of its own', async (t) => {
	const { host, ca } = await tlsRegistry(t);
	const proxy = await startConnectProxy(t, host, 'an@na:secret');
	const store = openImageStore(scratchFolder(t));
	const proxies = proxyFor({ https_proxy: proxy.url.replace('//', '//an%40na:secret@') });
	await pull(t, store, name, { ca, proxyFor: proxies });
	await assertWhole(t, store, name);
	t.deepEqual([...new Set(proxy.seen)], ['CONNECT registry.invalid:443']);
});

test('pullImage() uses a proxy for a registry without TLS, but not for one on this machine', async (t) => {
	const { host } = await filledRegistry(t);
	const proxy = await startConnectProxy(t, host);
	const store = openImageStore(scratchFolder(t));
	const proxies = proxyFor({ http_proxy: proxy.url });
	const mirrors = [parseMirror('registry.invalid=http://mirror.invalid')];
	await pull(t, store, name, { mirrors, proxyFor: proxies });
	await assertWhole(t, store, name);
	t.is(proxy.seen[0], 'GET http://mirror.invalid/v2/slipway/a/manifests/v1');
	const count = proxy.seen.length;
	await pull(t, openImageStore(scratchFolder(t)), `${host}/slipway/a:v1`, { proxyFor: proxies });
	t.is(proxy.seen.length, count);
});

test('pullImage() names a proxy that requires a login, does not run, or has no route', async (t) => {
	const { host, ca } = await tlsRegistry(t);
	const failing = async (url: string) => {
		const proxies = proxyFor({ https_proxy: url });
		return await t.throwsAsync(pull(t, openImageStore(scratchFolder(t)), name, { ca, proxyFor: proxies }), {
			name: 'SlipwayError',
		});
	};
	const wantsLogin = await startConnectProxy(t, host, 'anna:secret');
	const refused = await failing(wantsLogin.url.replace('//', '//anna:wrong@'));
	t.regex(refused.message, /registry\.invalid \(through the proxy 127\.0\.0\.1:\d+\) can't be reached/);
	t.regex(refused.message, /407.*The proxy wants a login/);
	t.false(refused.message.includes('wrong'));
	const lost = await startConnectProxy(t, '127.0.0.1:1');
	t.regex((await failing(lost.url)).message, /no way through the proxy .*502.*, 3 times in a row/);
	t.regex((await failing('http://127.0.0.1:1')).message, /through the proxy 127\.0\.0\.1:1.*ECONNREFUSED/);
});
