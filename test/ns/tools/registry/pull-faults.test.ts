import test from 'ava';
import { parseMirror } from '../../../../tools/registry/endpoint.ts';
import {
	assertNothingAside,
	assertWhole,
	behindProxy,
	bodyOf,
	filledRegistry,
	isBlob,
	pull,
} from './pulling.ts';

test('pullImage() resumes by Range where a connection was cut', async (t) => {
	let cuts = 0;
	const { blob, proxy, name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
		if (!isBlob(incoming.url, each) || cuts === 4) return false;
		cuts += 1;
		const real = await forward();
		const body = await bodyOf(real);
		answer.writeHead(real.statusCode ?? 0, real.headers);
		answer.write(body.subarray(0, 5000), () => answer.destroy());
		return true;
	});
	const failures: string[] = [];
	await pull(t, store, name, { failures });
	await assertWhole(t, store, name);
	t.is(failures.length, 4);
	t.regex(failures[0] ?? '', /the connection was cut|sent only/);
	const ranges = proxy.seen
		.filter((each) => each.includes(`${blob.digest} `))
		.map((each) => each.split(' ')[2]);
	t.deepEqual(ranges, ['bytes=5000-', 'bytes=10000-', 'bytes=15000-', 'bytes=20000-']);
});

test('pullImage() skips what it has when a registry ignores Range', async (t) => {
	let cuts = 0;
	const { name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
		if (!isBlob(incoming.url, each)) return false;
		delete incoming.headers.range;
		const real = await forward();
		if (cuts > 0) {
			answer.writeHead(200, real.headers);
			real.pipe(answer);
			return true;
		}
		cuts += 1;
		const body = await bodyOf(real);
		answer.writeHead(200, real.headers);
		answer.write(body.subarray(0, 7000), () => answer.destroy());
		return true;
	});
	await pull(t, store, name);
	await assertWhole(t, store, name);
});

test('pullImage() stops after a connection is always cut at the same place, and stores nothing', async (t) => {
	const { blob, name, store } = await behindProxy(t, (each) => (incoming, answer) => {
		if (!isBlob(incoming.url, each)) return false;
		answer.destroy();
		return true;
	});
	await t.throwsAsync(pull(t, store, name), {
		code: 'REGISTRY_FAILED',
		message: new RegExp(`${blob.digest}.*cut.*3 times in a row`),
	});
	assertNothingAside(t, store);
	t.false(store.blobs.has(blob.digest));
	t.false(await store.has(name));
});

test('pullImage() discards a blob of wrong bytes and names it: digest mismatch', async (t) => {
	for (const change of [
		(body: Buffer) => body.fill(0, 1000, 1001),
		(body: Buffer) => body.subarray(1),
		(body: Buffer) => Buffer.concat([body, body]),
	]) {
		const { blob, name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
			if (!isBlob(incoming.url, each)) return false;
			if (incoming.headers.range !== undefined) {
				answer.writeHead(416).end();
				return true;
			}
			answer.end(change(await bodyOf(await forward())));
			return true;
		});
		await t.throwsAsync(pull(t, store, name), {
			code: 'DIGEST_MISMATCH',
			message: new RegExp(`${name}.*${blob.digest}`),
		});
		t.false(store.blobs.has(blob.digest));
		t.false(await store.has(name));
		assertNothingAside(t, store);
	}
});

test('pullImage() fetches a blob from the registry when a mirror sends wrong bytes', async (t) => {
	const { proxy, store } = await behindProxy(t, (each) => (incoming, answer) => {
		if (!isBlob(incoming.url, each)) return false;
		answer.end('x'.repeat(each.size));
		return true;
	});
	const { host } = await filledRegistry(t);
	const failures: string[] = [];
	await pull(t, store, `${host}/slipway/a:v1`, {
		mirrors: [parseMirror(`${host}=http://${proxy.host}`)],
		failures,
	});
	await assertWhole(t, store, `${host}/slipway/a:v1`);
	t.regex(failures.at(-1) ?? '', /sent wrong bytes/);
});

test('pullImage() refuses a manifest that is not its digest: digest mismatch', async (t) => {
	const { name, store } = await behindProxy(t, () => async (incoming, answer, forward) => {
		if (incoming.url?.includes('/manifests/') !== true) return false;
		const real = await forward();
		const body = await bodyOf(real);
		answer.writeHead(200, real.headers);
		answer.end(body.toString().replace('"schemaVersion":2', '"schemaVersion":3'));
		return true;
	});
	await t.throwsAsync(pull(t, store, name), { code: 'DIGEST_MISMATCH', message: /wrong manifest/ });
	t.false(await store.has(name));
});

for (const status of [429, 500, 503]) {
	test(`pullImage() retries after ${status}, with the pause of Retry-After`, async (t) => {
		const times: number[] = [];
		const { name, store } = await behindProxy(t, (each) => (incoming, answer) => {
			if (!isBlob(incoming.url, each)) return false;
			times.push(performance.now());
			if (times.length === 2) return false;
			answer.writeHead(status, { 'retry-after': '1' }).end('{"errors":[{"message":"busy"}]}');
			return true;
		});
		const failures: string[] = [];
		await pull(t, store, name, { failures });
		await assertWhole(t, store, name);
		t.regex(failures[0] ?? '', new RegExp(`answers ${status}: busy`));
		t.true((times[1] ?? 0) - (times[0] ?? 0) >= 990);
	});
}

test('pullImage() does not wait for an hour', async (t) => {
	const { name, store } = await behindProxy(t, () => (_, answer) => {
		answer.writeHead(429, { 'retry-after': '3600' }).end();
		return true;
	});
	await t.throwsAsync(pull(t, store, name), { message: /429, 1 time\. It asks to wait 3600 s\. Try later/ });
});

test('pullImage() resumes after an idle timeout, and waits for a slow connection', async (t) => {
	let stalled = false;
	const { name, store } = await behindProxy(t, (each) => async (incoming, answer, forward) => {
		if (!isBlob(incoming.url, each)) return false;
		const real = await forward();
		const body = await bodyOf(real);
		answer.writeHead(real.statusCode ?? 0, real.headers);
		if (!stalled) {
			stalled = true;
			answer.write(body.subarray(0, 3000));
			return true;
		}
		for (let at = 0; at < body.length; at += body.length / 4) {
			answer.write(body.subarray(at, at + body.length / 4));
			await new Promise((resolve) => setTimeout(resolve, 120));
		}
		answer.end();
		return true;
	});
	const failures: string[] = [];
	await pull(t, store, name, { idleTimeoutMs: 600, failures });
	await assertWhole(t, store, name);
	t.true(failures.length >= 1);
});

test("pullImage() keeps a registry's control characters from the terminal", async (t) => {
	const { name, store } = await behindProxy(t, () => (_, answer) => {
		answer.writeHead(404).end(JSON.stringify({ errors: [{ message: 'a\u001b[2Jb\nc\u009bd' }] }));
		return true;
	});
	await t.throwsAsync(pull(t, store, name), { message: /404: a \[2Jb c d\)/ });
});
