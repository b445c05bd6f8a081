// Registries, token servers and mirrors that would hold a pull for ever by a byte now and then, flood its errors, or get a
// login that is not theirs.

import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { parseMirror } from '../../../../tools/registry/endpoint.ts';
import { type Fault, login, startFaultProxy } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { assertNothingAside, behindProxy, isBlob, pull, type Setting } from './pulling.ts';

const idleTimeoutMs = 500;
const credentials = { kind: 'password', ...login } as const;

/** Sends a few bytes again and again, well within the idle timeout, until the other side has enough. */
function trickle(answer: ServerResponse): void {
	const timer = setInterval(() => answer.write('          '), idleTimeoutMs / 10);
	answer.on('close', () => clearInterval(timer));
}

async function failing(t: ExecutionContext, fault: Fault, setting: Setting = {}): Promise<string> {
	const proxy = await startFaultProxy(t, '127.0.0.1:1', fault);
	const store = openImageStore(scratchFolder(t));
	const error = await t.throwsAsync(pull(t, store, `${proxy.host}/a`, { idleTimeoutMs, ...setting }), {
		name: 'SlipwayError',
	});
	return error.message;
}

test('pullImage() gives up on a manifest that trickles', async (t) => {
	const message = await failing(t, (_, answer) => {
		trickle(answer.writeHead(200, { 'content-type': mediaTypes.manifest }));
		return true;
	});
	t.regex(message, /the answer is not complete after 2 s, 3 times in a row/);
});

test('pullImage() gives up on a refusal that trickles', async (t) => {
	const message = await failing(t, (_, answer) => {
		trickle(answer.writeHead(400));
		return true;
	});
	t.regex(message, /answers 400/);
});

test('pullImage() gives up on a token that trickles', async (t) => {
	const message = await failing(t, (incoming, answer) => {
		if (incoming.url?.startsWith('/token') === true) trickle(answer.writeHead(200));
		else {
			const challenge = `Bearer realm="http://${incoming.headers.host}/token"`;
			answer.writeHead(401, { 'www-authenticate': challenge }).end();
		}
		return true;
	});
	t.regex(message, /the answer is not complete after 2 s, 3 times in a row/);
});

test('pullImage() gives up on headers that trickle', async (t) => {
	const server = createServer((socket) => {
		socket.write('HTTP/1.1 200 OK\r\nx: ');
		const timer = setInterval(() => socket.write('x'), idleTimeoutMs / 10);
		socket.on('close', () => clearInterval(timer)).on('error', () => undefined);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.teardown(() => server.close());
	const name = `127.0.0.1:${(server.address() as AddressInfo).port}/a`;
	await t.throwsAsync(pull(t, openImageStore(scratchFolder(t)), name, { idleTimeoutMs }), {
		message: /the answer is not complete after 2 s, 3 times in a row/,
	});
});

test('pullImage() gives up on a blob that trickles', async (t) => {
	const { name, store } = await behindProxy(t, (each) => (incoming, answer) => {
		if (!isBlob(incoming.url, each)) return false;
		trickle(answer.writeHead(200));
		return true;
	});
	await t.throwsAsync(pull(t, store, name, { idleTimeoutMs }), {
		code: 'REGISTRY_FAILED',
		message: /it sent less than 1024 bytes a second, 3 times in a row/,
	});
	assertNothingAside(t, store);
});

test('pullImage() gives up on a blob of which each answer brings one byte more', async (t) => {
	const { name, store } = await behindProxy(t, (each) => (incoming, answer) => {
		if (!isBlob(incoming.url, each)) return false;
		const from = Number(/\d+/.exec(incoming.headers.range ?? '0')?.[0]);
		answer.writeHead(206, { 'content-range': `bytes ${from}-${from}/${each.size}` }).end('x');
		return true;
	});
	await t.throwsAsync(pull(t, store, name, { idleTimeoutMs }), { message: /it sent only 3 of \d+ bytes/ });
	assertNothingAside(t, store);
});

test('pullImage() gives up when the whole takes too long, though something succeeds now and then', async (t) => {
	const message = await failing(
		t,
		(_, answer) => {
			answer.writeHead(503).end();
			return true;
		},
		{ idleTimeoutMs: 100, maxFailures: 1000 },
	);
	t.regex(message, /is too slow: 1 min are over/);
});

test('pullImage() shortens a list of 18,000 platforms', async (t) => {
	const index = JSON.stringify({
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests: Array.from({ length: 18_000 }, (_, number) => ({
			mediaType: mediaTypes.manifest,
			size: 1,
			digest: `sha256:${'0'.repeat(64)}`,
			platform: { os: 'linux', architecture: `a${number}` },
		})),
	});
	const message = await failing(t, (_, answer) => {
		answer.writeHead(200, { 'content-type': mediaTypes.index }).end(index);
		return true;
	});
	t.regex(message, /only linux\/a0, .*, linux\/a19 and 17980 more\./);
	t.true(message.length < 1000);
});

test('pullImage() shortens a platform of a megabyte', async (t) => {
	const index = JSON.stringify({
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests: [
			{
				mediaType: mediaTypes.manifest,
				size: 1,
				digest: `sha256:${'0'.repeat(64)}`,
				platform: { os: 'linux', architecture: 'a'.repeat(1_000_000) },
			},
		],
	});
	const message = await failing(t, (_, answer) => {
		answer.writeHead(200, { 'content-type': mediaTypes.index }).end(index);
		return true;
	});
	t.true(message.length < 1500, `${message.length}`);
});

test('pullImage() sends no login by plain http to a token server of another host', async (t) => {
	const asked: (string | undefined)[] = [];
	const elsewhere = await startFaultProxy(t, '127.0.0.1:1', (incoming, answer) => {
		asked.push(incoming.headers.authorization);
		answer.end('{"token": "x"}');
		return true;
	});
	const port = elsewhere.host.split(':')[1];
	const challenged: Fault = (_, answer) => {
		const challenge = `Bearer realm="http://localhost:${port}/token"`;
		answer.writeHead(401, { 'www-authenticate': challenge }).end();
		return true;
	};
	const message = await failing(t, challenged, { credentials });
	t.regex(message, /wants its login sent to localhost:\d+ by plain http.* It was not sent\./);
	t.deepEqual(asked, []);
	// Without a login there is nothing to lose.
	t.regex(await failing(t, challenged), /wants a login/);
	t.deepEqual(asked, [undefined]);
});

test('pullImage() gives a mirror neither the login of the registry nor its name in errors', async (t) => {
	const asked: (string | undefined)[] = [];
	const mirror = await startFaultProxy(t, '127.0.0.1:1', (incoming, answer) => {
		asked.push(incoming.headers.authorization);
		answer.writeHead(401, { 'www-authenticate': 'Basic realm="registry.example"' }).end();
		return true;
	});
	const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] });
	const empty = await startFaultProxy(t, '127.0.0.1:1', (_, answer) => {
		answer.writeHead(200, { 'content-type': mediaTypes.index }).end(index);
		return true;
	});
	const registry = '127.0.0.1:1';
	const mirrors = [mirror, empty].map(({ host }) => parseMirror(`${registry}=http://${host}`));
	const error = await t.throwsAsync(
		pull(t, openImageStore(scratchFolder(t)), `${registry}/a`, {
			mirrors,
			credentialsOf: async (host) => (host === registry ? credentials : null),
		}),
	);
	const [, first, second, third] = error?.message.split('\n') ?? [];
	t.true(first?.startsWith(`  ${mirror.host} wants a login`), first);
	t.true(second?.startsWith(`  ${empty.host}: It has no `), second);
	t.true(third?.startsWith(`  ${registry} can't be reached`), third);
	t.deepEqual(new Set(asked), new Set([undefined]));
});

test('pullImage() refuses an image that is larger than the disk before it fetches a byte of it', async (t) => {
	const asked: (string | undefined)[] = [];
	const blob = { mediaType: mediaTypes.layer, digest: `sha256:${'0'.repeat(64)}`, size: 8e15 };
	const config = { ...blob, mediaType: mediaTypes.config };
	const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [blob] };
	const message = await failing(t, ({ url }, answer) => {
		asked.push(url);
		answer.writeHead(200, { 'content-type': mediaTypes.manifest }).end(JSON.stringify(manifest));
		return true;
	});
	t.regex(message, /It has 8000000\.00 GB to fetch, but only .* are free in /);
	t.is(asked.length, 1);
});
