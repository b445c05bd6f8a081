import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Credentials, dockerCredentials } from '../../../../tools/registry/docker-credentials.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const auth = Buffer.from('anna:se:cret').toString('base64');
const anna = { kind: 'password', username: 'anna', password: 'se:cret' } as const;

function credentials(t: ExecutionContext, config: unknown, helper = '', env: NodeJS.ProcessEnv = {}) {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
	const program = join(folder, 'docker-credential-test');
	writeFileSync(program, `#!/bin/sh\nread server || true\n${helper}\n`);
	chmodSync(program, 0o755);
	return dockerCredentials({ DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH']}`, ...env });
}

for (const key of ['r.example:5000', 'https://r.example:5000', 'https://r.example:5000/v1/']) {
	test(`dockerCredentials() finds the login under ${key}`, async (t) => {
		const of = credentials(t, { auths: { [key]: { auth } } });
		t.deepEqual(await of('r.example:5000'), anna);
		t.is(await of('r.example'), null);
	});
}

const hub = 'https://index.docker.io/v1/';

for (const key of [hub, 'index.docker.io', 'https://index.docker.io', 'docker.io']) {
	test(`dockerCredentials() finds Docker Hub's login under ${key}`, async (t) => {
		t.deepEqual(await credentials(t, { auths: { [key]: { auth } } })('docker.io'), anna);
	});
}

test("dockerCredentials() prefers Docker Hub's own key, and skips the tokens of a login by browser", async (t) => {
	const other = Buffer.from('other:x').toString('base64');
	const auths = { 'docker.io': { auth: other }, [hub]: { auth } };
	t.deepEqual(await credentials(t, { auths })('docker.io'), anna);
	const tokens = { [`${hub}access-token`]: { auth: other } };
	t.is(await credentials(t, { auths: tokens })('docker.io'), null);
});

const reads = test.macro({
	async exec(t, entry: object, expected: Credentials | null) {
		t.deepEqual(await credentials(t, { auths: { r: entry } })('r'), expected);
	},
	title: (_, entry: object) => `dockerCredentials() reads ${JSON.stringify(entry)}`,
});

const bob = { username: 'bob', password: 'word' };
test(reads, bob, { kind: 'password', ...bob });
test(reads, { auth, ...bob }, anna);
test(reads, { auth: '', ...bob }, { kind: 'password', ...bob });
test(reads, { auth: Buffer.from('anna:se:cret\0\0').toString('base64') }, anna);
test(reads, { auth, ...bob, identitytoken: 'tok' }, { kind: 'identity', token: 'tok' });
test(reads, { auth, registrytoken: 'tok' }, { kind: 'bearer', token: 'tok' });
test(reads, { password: 'word' }, null);

test('dockerCredentials() reads $DOCKER_AUTH_CONFIG first', async (t) => {
	const other = { auth: Buffer.from('other:x').toString('base64') };
	const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { r: { auth } } }) };
	const of = credentials(t, { auths: { r: other, s: other } }, '', env);
	t.deepEqual(await of('r'), anna);
	t.like(await of('s'), { username: 'other' });
	const damaged = credentials(t, {}, '', { DOCKER_AUTH_CONFIG: 'x' });
	await t.throwsAsync(damaged('r'), {
		code: 'BAD_INPUT',
		message: /^\$DOCKER_AUTH_CONFIG is not JSON/,
	});
});

test('dockerCredentials() reads no inherited property of an object', async (t) => {
	t.is(await credentials(t, { auths: {}, credHelpers: {} })('constructor'), null);
});

test('dockerCredentials() without config.json, or with an empty one, is null', async (t) => {
	t.is(await dockerCredentials({ HOME: scratchFolder(t) })('r'), null);
	t.is(await credentials(t, { auths: { r: {} } })('r'), null);
});

test('dockerCredentials() reports a damaged config.json', async (t) => {
	await t.throwsAsync(credentials(t, '{')('r'), {
		code: 'BAD_INPUT',
		message: /config\.json is not JSON/,
	});
	await t.throwsAsync(credentials(t, { auths: { r: { auth: 'eA==' } } })('r'), {
		message: /login of r is not/,
	});
});

const answer = `printf '{"ServerURL":"%s","Username":"%s","Secret":"s"}' "$server" "$server"`;

test('dockerCredentials() runs the helper of the registry, or else the general one', async (t) => {
	const byHost = credentials(t, { credHelpers: { r: 'test' } }, answer);
	t.deepEqual(await byHost('r'), { kind: 'password', username: 'r', password: 's' });
	t.is(await byHost('other'), null);
	const store = credentials(t, { credsStore: 'test' }, answer);
	t.like(await store('docker.io'), { username: 'https://index.docker.io/v1/' });
	const identity = credentials(t, { credsStore: 'test' }, `echo '{"Username":"<token>","Secret":"tok"}'`);
	t.deepEqual(await identity('r'), { kind: 'identity', token: 'tok' });
});

test('dockerCredentials() finds the helper of Docker Hub under each of its names', async (t) => {
	for (const key of [hub, 'docker.io', 'index.docker.io']) {
		const of = credentials(t, { credHelpers: { [key]: 'test' }, credsStore: 'none' }, answer);
		t.like(await of('docker.io'), { username: hub }, key);
	}
});

test('dockerCredentials() runs no helper for a registry whose helper is empty', async (t) => {
	const config = { credHelpers: { r: '' }, credsStore: 'none', auths: { r: { auth } } };
	t.deepEqual(await credentials(t, config)('r'), anna);
});

test('dockerCredentials() continues with auths when the helper has no login', async (t) => {
	const helper = 'echo "credentials not found in native keychain"; exit 1';
	t.deepEqual(await credentials(t, { credsStore: 'test', auths: { r: { auth } } }, helper)('r'), anna);
});

test('dockerCredentials() names a helper that fails, is missing or has an invalid answer', async (t) => {
	const failing = async (config: unknown, helper?: string) => await credentials(t, config, helper)('r');
	const code = 'BAD_INPUT';
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
