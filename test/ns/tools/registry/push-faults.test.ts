import { writeFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { type Fault, startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bodyOf, largestLayer, madeImage, reference } from './pulling.ts';
import { push, readBack } from './pushing.ts';

/** A registry behind a proxy that makes faults; `isUpload` tells the PUT of the largest layer. */
async function behindProxy(
	t: ExecutionContext,
	fault: (isUpload: (incoming: IncomingMessage) => boolean) => Fault,
) {
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const blob = await largestLayer(store, reference);
	const isUpload = ({ method, url = '' }: IncomingMessage): boolean =>
		method === 'PUT' && url.endsWith(encodeURIComponent(blob.digest));
	const proxy = await startFaultProxy(t, host, fault(isUpload));
	const failures: string[] = [];
	return {
		blob,
		store,
		failures,
		proxy,
		host,
		send: async () => await push(t, store, `${proxy.host}/slipway/a:v1`, { failures }),
		arrived: async () => await readBack(t, `${host}/slipway/a:v1`),
	};
}

test('pushImage() starts an upload over when it was cut', async (t) => {
	let cuts = 0;
	const { send, arrived, failures, proxy } = await behindProxy(t, (isUpload) => (incoming, answer) => {
		if (!isUpload(incoming) || cuts === 2) return false;
		cuts += 1;
		incoming.once('data', () => answer.destroy());
		return true;
	});
	await send();
	await arrived();
	t.is(failures.length, 2);
	t.regex(failures[0] ?? '', /the connection was cut/);
	t.is(proxy.seen.filter((each) => each.startsWith('POST')).length, 4 + 2);
});

test('pushImage() finds a blob whose answer was lost', async (t) => {
	let puts = 0;
	const { send, arrived, failures } = await behindProxy(
		t,
		(isUpload) => async (incoming, answer, forward) => {
			if (!isUpload(incoming)) return false;
			puts += 1;
			(await forward()).resume().on('end', () => answer.destroy());
			return true;
		},
	);
	await send();
	await arrived();
	t.deepEqual([failures.length, puts], [1, 1]);
});

test('pushImage() opens a new upload when the registry has forgotten the first', async (t) => {
	let puts = 0;
	const { send, arrived, failures } = await behindProxy(t, (isUpload) => async (incoming, answer) => {
		if (!isUpload(incoming) || puts > 0) return false;
		puts += 1;
		await bodyOf(incoming);
		answer.writeHead(404).end('{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}');
		return true;
	});
	await send();
	await arrived();
	t.regex(failures[0] ?? '', /it has forgotten the upload/);
});

for (const [status, said] of [
	[429, '429: busy'],
	[500, '500: busy'],
] as const) {
	test(`pushImage() retries blobs and manifests after ${status}`, async (t) => {
		const seen = new Set<string>();
		const { send, arrived, failures } = await behindProxy(t, (isUpload) => async (incoming, answer) => {
			const { method, url = '' } = incoming;
			const kind = method === 'PUT' ? (isUpload(incoming) ? 'PUT blob' : url) : method;
			if (
				kind === undefined ||
				seen.has(kind) ||
				(method === 'PUT' && url.includes('_state=') && kind === url)
			)
				return false;
			seen.add(kind);
			await bodyOf(incoming);
			answer.writeHead(status, { 'retry-after': '0' }).end('{"errors":[{"message":"busy"}]}');
			return true;
		});
		await send();
		await arrived();
		t.deepEqual([...seen].sort(), ['/v2/slipway/a/manifests/v1', 'HEAD', 'POST', 'PUT blob']);
		t.is(failures.filter((each) => each.includes(`answers ${said}`)).length, 3);
	});
}

test('pushImage() waits longer for the answer to a whole blob than for anything else', async (t) => {
	const idleTimeoutMs = 500;
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const proxy = await startFaultProxy(t, host, async (incoming, answer, forward) => {
		if (incoming.method !== 'PUT' || incoming.url?.includes('/blobs/') !== true) return false;
		const real = await forward();
		await new Promise((resolve) => setTimeout(resolve, idleTimeoutMs * 1.5));
		answer.writeHead(real.statusCode ?? 0, real.headers);
		real.pipe(answer);
		return true;
	});
	const failures: string[] = [];
	await push(t, store, `${proxy.host}/slipway/a:v1`, { failures, idleTimeoutMs });
	t.deepEqual(failures, []);
});

test('pushImage() stops after consecutive failures, and tags nothing', async (t) => {
	const { blob, send, arrived } = await behindProxy(t, (isUpload) => async (incoming, answer) => {
		if (!isUpload(incoming)) return false;
		await bodyOf(incoming);
		answer.writeHead(503).end();
		return true;
	});
	await t.throwsAsync(send(), {
		code: 'REGISTRY_FAILED',
		message: new RegExp(`can't take the blob ${blob.digest}.*503, 3 times in a row`),
	});
	await t.throwsAsync(arrived(), { message: /manifest unknown/ });
});

test('pushImage() reads an answer that arrives before the end of a large blob', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const large = await store.writeBlob(
		(async function* () {
			for (let part = 0; part < 64; part += 1) yield Buffer.alloc(1024 * 1024, part);
		})(),
		mediaTypes.layer,
	);
	const config = { architecture: 'amd64', os: 'linux', config: {} };
	await store.putImage(reference, { config, layers: [{ descriptor: large, diffId: large.digest }] });
	const proxy = await startFaultProxy(t, '127.0.0.1:1', (incoming, answer) => {
		if (incoming.method === 'HEAD') answer.writeHead(404).end();
		else if (incoming.method === 'POST') answer.writeHead(202, { location: '/upload' }).end();
		// The body is never read.
		else answer.writeHead(413).end('{"errors":[{"message":"too large"}]}');
		return true;
	});
	await t.throwsAsync(push(t, store, `${proxy.host}/a`), {
		code: 'REGISTRY_FAILED',
		message: /answers 413: too large when sent .*limits the size/,
	});
});

test('pushImage() sends no blob that was damaged on the disk: digest mismatch', async (t) => {
	const { blob, store, send, arrived } = await behindProxy(t, () => () => false);
	writeFileSync(store.blobs.path(blob.digest), Buffer.alloc(blob.size, 1));
	await t.throwsAsync(send(), { code: 'DIGEST_MISMATCH', message: new RegExp(`${blob.digest}.*is damaged`) });
	await t.throwsAsync(arrived(), { message: /manifest unknown/ });
});

const opens = (answer: ServerResponse, location: string | undefined): true => {
	answer.writeHead(202, location === undefined ? {} : { location }).end();
	return true;
};

for (const [location, message] of [
	[undefined, /doesn't say where to send the blob/],
	['ftp://elsewhere/', /ftp:\/\/elsewhere.*not https/],
	['http://[', /not https/],
] as const) {
	test(`pushImage() refuses an upload at ${location}`, async (t) => {
		const { send } = await behindProxy(
			t,
			() => (incoming, answer) => incoming.method === 'POST' && opens(answer, location),
		);
		await t.throwsAsync(send(), { code: 'REGISTRY_FAILED', message });
	});
}

test('pushImage() sends a blob to another host without its login, and keeps the query of the URL', async (t) => {
	const [host, store] = [await startRegistry(t), await madeImage(t)];
	const seen: string[] = [];
	const storage = await startFaultProxy(t, host, async (incoming, answer) => {
		const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://x');
		seen.push(`${incoming.method} ${pathname} ${incoming.headers.authorization}`);
		const [real = '', digest = ''] = [searchParams.get('real') ?? '', searchParams.get('digest') ?? ''];
		const url = `${real}&digest=${encodeURIComponent(digest)}`;
		incoming.pipe(
			request(url, { method: 'PUT' }, (put) => {
				answer.writeHead(put.statusCode ?? 0);
				put.pipe(answer);
			}),
		);
		return true;
	});
	const front = await startFaultProxy(t, host, async (incoming, answer, forward) => {
		if (incoming.headers.authorization === undefined) {
			answer.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
			return true;
		}
		delete incoming.headers.authorization;
		if (incoming.method !== 'POST') return false;
		const { location = '' } = (await forward()).resume().headers;
		const real = location.replace(`http://${front.host}`, `http://${host}`);
		return opens(answer, `http://${storage.host}/store?real=${encodeURIComponent(real)}`);
	});
	const credentials = { kind: 'password', username: 'anna', password: 'secret' } as const;
	await push(t, store, `${front.host}/slipway/a:v1`, { credentials });
	await readBack(t, `${host}/slipway/a:v1`);
	t.deepEqual([seen.length, ...new Set(seen)], [4, 'PUT /store undefined']);
});

test('pushImage() refuses a registry that stores another digest: digest mismatch', async (t) => {
	const { send } = await behindProxy(t, (isUpload) => async (incoming, answer) => {
		if (!isUpload(incoming)) return false;
		await bodyOf(incoming);
		answer.writeHead(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end();
		return true;
	});
	await t.throwsAsync(send(), { code: 'DIGEST_MISMATCH', message: /stored the blob .* as sha256:000/ });
});
