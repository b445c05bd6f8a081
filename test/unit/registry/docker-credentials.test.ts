import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { dockerCredentials } from '../../../tools/registry/docker-credentials.ts';
import { scratchFolder } from '../../helpers/scratch.ts';

const auth = Buffer.from('anna:se:cret').toString('base64');
const anna = { kind: 'password', username: 'anna', password: 'se:cret' } as const;

function credentials(t: ExecutionContext, config: unknown, helper = '') {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
	const program = join(folder, 'docker-credential-test');
	writeFileSync(program, `#!/bin/sh\nread server || true\n${helper}\n`);
	chmodSync(program, 0o755);
	return dockerCredentials({ DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH']}` });
}

for (const key of ['r.example:5000', 'https://r.example:5000', 'https://r.example:5000/v1/']) {
	test(`dockerCredentials() finds the login under ${key}`, async (t) => {
		const of = credentials(t, { auths: { [key]: { auth } } });
		t.deepEqual(await of('r.example:5000'), anna);
		t.is(await of('r.example'), null);
	});
}

test("dockerCredentials() finds Docker Hub's login under its old name", async (t) => {
	t.deepEqual(
		await credentials(t, { auths: { 'https://index.docker.io/v1/': { auth } } })('docker.io'),
		anna,
	);
});

test('dockerCredentials() prefers an identity token', async (t) => {
	const of = credentials(t, { auths: { r: { auth, identitytoken: 'tok' } } });
	t.deepEqual(await of('r'), { kind: 'identity', token: 'tok' });
});

test('dockerCredentials() without config.json, or with an empty one, is null', async (t) => {
	t.is(await dockerCredentials({ HOME: scratchFolder(t) })('r'), null);
	t.is(await credentials(t, { auths: { r: {} } })('r'), null);
});

test('dockerCredentials() tells a config.json that is damaged', async (t) => {
	await t.throwsAsync(credentials(t, '{')('r'), {
		code: 'BAD_CREDENTIALS',
		message: /config\.json is not JSON/,
	});
	await t.throwsAsync(credentials(t, { auths: { r: { auth: 'eA==' } } })('r'), {
		message: /login of r is not/,
	});
});

const answer = `printf '{"ServerURL":"%s","Username":"%s","Secret":"s"}' "$server" "$server"`;

test('dockerCredentials() asks the helper of the registry, else the store', async (t) => {
	const byHost = credentials(t, { credHelpers: { r: 'test' } }, answer);
	t.deepEqual(await byHost('r'), { kind: 'password', username: 'r', password: 's' });
	t.is(await byHost('other'), null);
	const store = credentials(t, { credsStore: 'test' }, answer);
	t.like(await store('docker.io'), { username: 'https://index.docker.io/v1/' });
	const identity = credentials(t, { credsStore: 'test' }, `echo '{"Username":"<token>","Secret":"tok"}'`);
	t.deepEqual(await identity('r'), { kind: 'identity', token: 'tok' });
});

test('dockerCredentials() goes on to auths when the helper has no login', async (t) => {
	const helper = 'echo "credentials not found in native keychain"; exit 1';
	t.deepEqual(await credentials(t, { credsStore: 'test', auths: { r: { auth } } }, helper)('r'), anna);
});

test('dockerCredentials() names a helper that fails, is missing or talks nonsense', async (t) => {
	const failing = async (config: unknown, helper?: string) => await credentials(t, config, helper)('r');
	const code = 'BAD_CREDENTIALS';
	await t.throwsAsync(failing({ credsStore: 'test' }, 'echo locked; exit 1'), {
		code,
		message: /test.*r: locked/,
	});
	await t.throwsAsync(failing({ credsStore: 'test' }, 'echo nonsense'), { code, message: /gave no JSON/ });
	await t.throwsAsync(failing({ credsStore: 'none' }), {
		code,
		message: /docker-credential-none.*can't be run/,
	});
	await t.throwsAsync(failing({ credsStore: '../evil' }), { code, message: /no name of a program/ });
});
