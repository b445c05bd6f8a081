import test from 'ava';
import { openImageStore } from '../../../../tools/images/store.ts';
import type { Credentials } from '../../../../tools/registry/docker-credentials.ts';
import { login, startFaultProxy } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { assertWhole, bodyOf, filledRegistry, pull } from './pulling.ts';

test('pullImage() follows a redirect without the login', async (t) => {
	const { host } = await filledRegistry(t);
	let leaked: string | undefined;
	const storage = await startFaultProxy(t, host, (incoming) => {
		leaked ??= incoming.headers.authorization;
		return false;
	});
	const front = await startFaultProxy(t, host, (incoming, answer) => {
		if (incoming.headers.authorization === undefined) {
			answer.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
			return true;
		}
		if (incoming.url?.includes('/blobs/') !== true) return false;
		answer.writeHead(307, { location: `http://${storage.host}${incoming.url}` }).end();
		return true;
	});
	const store = openImageStore(scratchFolder(t));
	await pull(t, store, `${front.host}/slipway/a:v1`, { credentials: { kind: 'password', ...login } });
	await assertWhole(t, store, `${front.host}/slipway/a:v1`);
	t.true(storage.seen.length >= 4);
	t.is(leaked, undefined);
});

test('pullImage() sends no login to the target of a redirect that challenges', async (t) => {
	const { host } = await filledRegistry(t);
	const asked: unknown[] = [];
	const storage = await startFaultProxy(t, host, (incoming, answer) => {
		asked.push(incoming.headers.authorization);
		const challenge = `Bearer realm="http://${incoming.headers.host}/token"`;
		answer.writeHead(401, { 'www-authenticate': challenge }).end();
		return true;
	});
	const front = await startFaultProxy(t, host, (incoming, answer) => {
		if (incoming.url?.includes('/blobs/') !== true) return false;
		answer.writeHead(307, { location: `http://${storage.host}${incoming.url}` }).end();
		return true;
	});
	const store = openImageStore(scratchFolder(t));
	const credentials = { kind: 'password', ...login } as const;
	await t.throwsAsync(pull(t, store, `${front.host}/slipway/a:v1`, { credentials }), {
		code: 'REGISTRY_FAILED',
		message: /answers 401 when asked for the blob/,
	});
	t.deepEqual([...new Set(asked)], [undefined]);
	t.false(storage.seen.some((each) => each.includes('/token')));
});

test('pullImage() shortens the message of a registry', async (t) => {
	const { host } = await filledRegistry(t);
	const front = await startFaultProxy(t, host, (_, answer) => {
		answer.writeHead(400).end(JSON.stringify({ errors: [{ message: 'x'.repeat(60_000) }] }));
		return true;
	});
	const error = await t.throwsAsync(pull(t, openImageStore(scratchFolder(t)), `${front.host}/slipway/a:v1`));
	t.true((error?.message.length ?? 0) < 1000);
});

test('pullImage() sends the token of the login', async (t) => {
	const { host } = await filledRegistry(t);
	const front = await startFaultProxy(t, host, (incoming, answer) => {
		if (incoming.headers.authorization === 'Bearer held') {
			delete incoming.headers.authorization;
			return false;
		}
		answer.writeHead(401, { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/token"' }).end();
		return true;
	});
	const [store, name] = [openImageStore(scratchFolder(t)), `${front.host}/slipway/a:v1`];
	const pullWith = async (token: string) =>
		await pull(t, store, name, { credentials: { kind: 'bearer', token } });
	await t.throwsAsync(pullWith('expired'), { code: 'DENIED', message: /does not accept the login/ });
	await pullWith('held');
	await assertWhole(t, store, name);
});

test('pullImage() follows the token server elsewhere without its login', async (t) => {
	const { host } = await filledRegistry(t);
	const logins: unknown[] = [];
	const elsewhere = await startFaultProxy(t, host, (incoming, answer) => {
		logins.push(incoming.headers.authorization);
		answer.end('{"token":"good"}');
		return true;
	});
	const front = await startFaultProxy(t, host, (incoming, answer) => {
		if (incoming.url?.startsWith('/token') === true) {
			logins.push(incoming.headers.authorization);
			answer.writeHead(302, { location: `http://${elsewhere.host}/` }).end();
			return true;
		}
		if (incoming.headers.authorization === 'Bearer good') {
			delete incoming.headers.authorization;
			return false;
		}
		const challenge = `Bearer realm="http://${incoming.headers.host}/token"`;
		answer.writeHead(401, { 'www-authenticate': challenge }).end();
		return true;
	});
	const store = openImageStore(scratchFolder(t));
	await pull(t, store, `${front.host}/slipway/a:v1`, { credentials: { kind: 'password', ...login } });
	t.deepEqual(logins, [`Basic ${Buffer.from('anna:secret').toString('base64')}`, undefined]);
});

test('pullImage() ignores a digest of another algorithm', async (t) => {
	const { host } = await filledRegistry(t);
	const front = await startFaultProxy(t, host, async (incoming, answer, forward) => {
		if (incoming.url?.includes('/manifests/') !== true) return false;
		const real = await forward();
		const headers = { ...real.headers, 'docker-content-digest': `sha512:${'0'.repeat(128)}` };
		answer.writeHead(real.statusCode ?? 0, headers);
		real.pipe(answer);
		return true;
	});
	const [store, name] = [openImageStore(scratchFolder(t)), `${front.host}/slipway/a:v1`];
	await pull(t, store, name);
	t.false((await pull(t, store, name)).upToDate);
	await assertWhole(t, store, name);
});

for (const kind of ['none', 'password', 'identity'] as const) {
	test(`pullImage() gets a token, login ${kind}`, async (t) => {
		const { host } = await filledRegistry(t);
		const asked: string[] = [];
		let issued = 0;
		const front = await startFaultProxy(t, host, async (incoming, answer) => {
			if (incoming.url?.startsWith('/token') === true) {
				const body = (await bodyOf(incoming)).toString();
				asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization ?? ''} ${body}`);
				issued += 1;
				answer.end(JSON.stringify({ token: `t${issued}` }));
				return true;
			}
			// The first token expires after the manifest.
			const valid = incoming.url?.includes('/blobs/') === true ? /^Bearer t[2-9]$/ : /^Bearer t\d$/;
			if (valid.test(incoming.headers.authorization ?? '')) {
				delete incoming.headers.authorization;
				return false;
			}
			const challenge = `Bearer realm="http://${incoming.headers.host}/token",service="s",scope="repository:slipway/a:pull"`;
			answer.writeHead(401, { 'www-authenticate': challenge }).end();
			return true;
		});
		const store = openImageStore(scratchFolder(t));
		const credentials: Record<string, Credentials> = {
			password: { kind: 'password', ...login },
			identity: { kind: 'identity', token: 'refresh' },
		};
		const login_ = credentials[kind];
		await pull(t, store, `${front.host}/slipway/a:v1`, login_ === undefined ? {} : { credentials: login_ });
		await assertWhole(t, store, `${front.host}/slipway/a:v1`);
		const scope = 'service=s&scope=repository%3Aslipway%2Fa%3Apull';
		t.is(
			asked[0]?.trim(),
			{
				none: `GET /token?${scope}`,
				password: `GET /token?${scope} Basic ${Buffer.from('anna:secret').toString('base64')}`,
				identity: `POST /token  grant_type=refresh_token&client_id=slipway&refresh_token=refresh&${scope}`,
			}[kind],
		);
		t.true(issued >= 2);
	});
}

test('pullImage() follows no redirect to anything but http', async (t) => {
	const { host } = await filledRegistry(t);
	const front = await startFaultProxy(t, host, (_, answer) => {
		answer.writeHead(307, { location: 'ftp://elsewhere/' }).end();
		return true;
	});
	const store = openImageStore(scratchFolder(t));
	await t.throwsAsync(pull(t, store, `${front.host}/slipway/a:v1`), {
		message: /ftp:\/\/elsewhere.*not https/,
	});
});
