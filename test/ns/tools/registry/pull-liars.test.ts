// Registries that lie, by malice or by what stands between.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { openImageStore } from '../../../../tools/images/store.ts';
import { type Fault, startFaultProxy } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import {
	assertNothingAside,
	assertWhole,
	behindProxy,
	bodyOf,
	filledRegistry,
	isBlob,
	pull,
} from './pulling.ts';

test('pullImage() resumes when Content-Length is less than the body', async (t) => {
	let lies = 0;
	const { name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
		if (!isBlob(incoming.url, each) || lies > 0) return false;
		lies += 1;
		answer.writeHead(200, { 'content-length': 1000 }).end(await bodyOf(await forward()));
		return true;
	});
	const failures: string[] = [];
	await pull(t, store, name, { failures });
	await assertWhole(t, store, name);
	t.regex(failures[0] ?? '', /sent only 1000 of \d+ bytes|cut/);
});

test('pullImage() resumes when Content-Length is more than the body', async (t) => {
	let lies = 0;
	const { name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
		if (!isBlob(incoming.url, each) || lies > 0) return false;
		lies += 1;
		const body = await bodyOf(await forward());
		answer.writeHead(200, { 'content-length': body.length + 1 });
		answer.write(body.subarray(0, 2000), () => answer.destroy());
		return true;
	});
	await pull(t, store, name);
	await assertWhole(t, store, name);
});

for (const range of ['bytes 6000-6999/7000', 'nonsense', undefined]) {
	test(`pullImage() refuses a part of a blob that begins elsewhere: ${range}`, async (t) => {
		let cuts = 0;
		const { name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
			if (!isBlob(incoming.url, each)) return false;
			const real = await forward();
			const body = await bodyOf(real);
			if (cuts > 0) {
				answer.writeHead(206, range === undefined ? {} : { 'content-range': range }).end(body);
				return true;
			}
			cuts += 1;
			answer.writeHead(200, real.headers);
			answer.write(body.subarray(0, 5000), () => answer.destroy());
			return true;
		});
		await t.throwsAsync(pull(t, store, name), { code: 'REGISTRY_FAILED', message: /sent another range/ });
		assertNothingAside(t, store);
		t.false(await store.has(name));
	});
}

test('pullImage() stops a blob that never ends', async (t) => {
	const { name, store } = await behindProxy(t, (each) => (incoming, answer) => {
		if (!isBlob(incoming.url, each)) return false;
		const more = (): void => {
			while (!answer.destroyed && answer.write(Buffer.alloc(64 * 1024)));
		};
		answer.writeHead(200).on('drain', more);
		more();
		return true;
	});
	await t.throwsAsync(pull(t, store, name), { code: 'DIGEST_MISMATCH' });
	assertNothingAside(t, store);
});

async function failing(t: ExecutionContext, fault: Fault): Promise<string> {
	const proxy = await startFaultProxy(t, '127.0.0.1:1', fault);
	const error = await t.throwsAsync(pull(t, openImageStore(scratchFolder(t)), `${proxy.host}/a`), {
		name: 'SlipwayError',
	});
	return error.message;
}

test('pullImage() follows no circle of redirects', async (t) => {
	const message = await failing(t, (incoming, answer) => {
		answer.writeHead(307, { location: incoming.url ?? '' }).end();
		return true;
	});
	t.regex(message, /sends on more than 5 times/);
});

test('pullImage() reports a 401 without a challenge, or with an unknown one', async (t) => {
	for (const challenge of ['', 'Negotiate abc==', ' '.repeat(10_000)]) {
		const message = await failing(t, (_, answer) => {
			answer.writeHead(401, { 'www-authenticate': challenge }).end();
			return true;
		});
		t.regex(message, /wants a login/);
	}
});

for (const [said, token] of [
	['no JSON', '<html>'],
	['none', '{}'],
	['one that would be another header', '{"token":"a\\r\\nx: y"}'],
	['too much', `{"token":"${'x'.repeat(2 * 1024 * 1024)}"}`],
] as const) {
	test(`pullImage() refuses a token server that answers ${said}`, async (t) => {
		const message = await failing(t, (incoming, answer) => {
			if (incoming.url?.startsWith('/token') === true) answer.end(token);
			else {
				const challenge = `Bearer realm="http://${incoming.headers.host}/token"`;
				answer.writeHead(401, { 'www-authenticate': challenge }).end();
			}
			return true;
		});
		t.regex(message, /was asked for a token and gave none|sends more than \d+ bytes/);
	});
}

test('pullImage() shows the text of a server that is no registry', async (t) => {
	const message = await failing(t, (_, answer) => {
		answer.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end('Not here.\n');
		return true;
	});
	t.regex(message, /answers 400: Not here\. when asked/);
});

test('pullImage() gets manifests from a registry without HEAD', async (t) => {
	const { host } = await filledRegistry(t);
	const front = await startFaultProxy(t, host, ({ method }, answer) => {
		if (method === 'HEAD') answer.writeHead(405).end();
		return method === 'HEAD';
	});
	const [store, name] = [openImageStore(scratchFolder(t)), `${front.host}/slipway/a:v1`];
	await pull(t, store, name);
	t.false((await pull(t, store, name)).upToDate);
	t.true(front.seen.some((each) => each.startsWith('HEAD')));
});

test('pullImage() waits for a registry that restarts', async (t) => {
	const { host } = await filledRegistry(t);
	const store = openImageStore(scratchFolder(t));
	const listening: Server[] = [];
	let downs = 0;
	/** Without a host name nothing is waited for: it listens from now on. */
	const listen = (port: number): number => {
		const server = createServer(async (incoming, answer) => {
			if (incoming.url?.includes('/blobs/') === true && downs === 0) {
				downs += 1;
				server.close();
				server.closeAllConnections();
				return;
			}
			const headers = { accept: incoming.headers.accept ?? '*/*' };
			const real = await fetch(`http://${host}${incoming.url}`, { headers });
			answer.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? '' });
			answer.end(Buffer.from(await real.arrayBuffer()));
		}).listen(port);
		listening.push(server);
		return (server.address() as AddressInfo).port;
	};
	t.teardown(() => {
		for (const server of listening) {
			server.close();
			server.closeAllConnections();
		}
	});
	const port = listen(0);
	const failures = {
		push(reason: string): void {
			if (reason.includes('ECONNREFUSED') && listening.length === 1) listen(port);
		},
	};
	await pull(t, store, `127.0.0.1:${port}/slipway/a:v1`, { failures });
	await assertWhole(t, store, `127.0.0.1:${port}/slipway/a:v1`);
	t.is(listening.length, 2);
});

test('pullImage() names each address that refused', async (t) => {
	await t.throwsAsync(pull(t, openImageStore(scratchFolder(t)), 'localhost:1/a'), {
		code: 'UNREACHABLE',
		message: /localhost:1 can't be reached: connect ECONNREFUSED .*:1/,
	});
});
