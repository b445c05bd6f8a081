import { createServer } from 'node:net';
import test from 'ava';
import { clouds } from '../../../../pkg/metadata/clouds.ts';
import { asking } from '../../../../pkg/metadata/http-ask.ts';
import {
	awsWithoutToken,
	awsWithToken,
	cloudServer,
	digitalOcean,
	gcp,
	hetzner,
	notFound,
	openstack,
	scaleway,
} from './cloud-server.ts';

const answering = [
	['aws', awsWithToken, 'ip-10-0-0-1.ec2.internal'],
	['aws', awsWithoutToken, 'ip-10-0-0-1.ec2.internal'],
	['gcp', gcp, 'web.c.project.internal'],
	['hetzner', hetzner, 'web'],
	['openstack', openstack, 'web.novalocal'],
	['digitalocean', digitalOcean, 'web'],
	['scaleway', scaleway, 'web'],
] as const;

async function read(name: string, base: string, timeoutMs = 5000) {
	return (await clouds.get(name)?.read(asking(base, timeoutMs))) ?? null;
}

for (const [index, [name, service, hostname]] of answering.entries()) {
	test(`clouds: ${name} (${index}) gives hostname, keys and user data`, async (t) => {
		const data = await read(name, await cloudServer(t, service));
		t.is(data?.userData?.toString(), 'hello');
		t.deepEqual(data?.instance, {
			hostname,
			keys: ['ssh-ed25519 AAAA somebody', 'ssh-rsa BBBB other'],
			problems: [],
		});
	});
}

for (const name of clouds.keys()) {
	test(`clouds: ${name} is not there when another service answers, or nobody`, async (t) => {
		t.is(await read(name, await cloudServer(t, () => notFound)), null);
		await t.throwsAsync(read(name, 'http://127.0.0.1:1'), {
			name: 'AppletError',
			message: /^http:\/\/127\.0\.0\.1:1\/\S+ does not answer: .*ECONNREFUSED/,
		});
	});

	test(`clouds: ${name} says so when the service fails`, async (t) => {
		const base = await cloudServer(t, ({ method }) =>
			method === 'PUT' ? notFound : { status: 500, headers: { 'Metadata-Flavor': 'Google' } },
		);
		await t.throwsAsync(read(name, base), { message: /answers \/\S+ with the status 500/ });
	});

	test(`clouds: ${name} follows no redirect`, async (t) => {
		const other = await cloudServer(t, () => t.fail('the redirect was followed'));
		const base = await cloudServer(t, ({ method }) =>
			method === 'PUT'
				? notFound
				: { status: 302, headers: { Location: other, 'Metadata-Flavor': 'Google' } },
		);
		await t.throwsAsync(read(name, base), { message: /with the status 302/ });
	});

	test(`clouds: ${name} bounds an answer in size and time`, async (t) => {
		const headers = { 'Metadata-Flavor': 'Google' };
		const endless = await cloudServer(t, (_, response) => {
			response.writeHead(200, headers);
			const piece = Buffer.alloc(2 ** 20, 'a');
			const more = (): void => {
				while (!response.destroyed && response.write(piece));
			};
			response.on('drain', more);
			more();
			return null;
		});
		await t.throwsAsync(read(name, endless), { message: /answers with more than (1|16) MiB/ });
		const slow = await cloudServer(t, (_, response) => {
			response.writeHead(200, headers).write('a');
			const timer = setInterval(() => response.write('a'), 20);
			response.on('close', () => clearInterval(timer));
			return null;
		});
		await t.throwsAsync(read(name, slow, 300), { message: /does not answer: .*(abort|timeout)/i });
		const silent = createServer(() => undefined).listen(0, '127.0.0.1');
		t.teardown(() => silent.close());
		await new Promise((resolve) => silent.once('listening', resolve));
		const address = silent.address();
		const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
		await t.throwsAsync(read(name, base, 300), { message: /does not answer/ });
	});
}

test('clouds: documents that are no documents are reported', async (t) => {
	for (const name of ['openstack', 'scaleway']) {
		for (const body of ['[', '5', 'null', `{"a":"${'x'.repeat(600_000)}"}`]) {
			const base = await cloudServer(t, () => ({ body }));
			await t.throwsAsync(read(name, base), { message: /something else than its JSON/ }, body.slice(0, 9));
		}
	}
	const base = await cloudServer(t, ({ url }) =>
		url === '/hetzner/v1/metadata' ? 'hostname: [1]\npublic-keys: 5\n' : notFound,
	);
	const data = await read('hetzner', base);
	t.deepEqual(data?.instance.problems, [
		'meta-data: the hostname is no text',
		'meta-data: public-keys is no list of keys',
	]);
});

test('clouds: aws bounds each of its keys', async (t) => {
	const base = await cloudServer(t, (request, response) =>
		request.url === '/latest/meta-data/public-keys/1/openssh-key'
			? { body: Buffer.alloc(2 ** 20 + 1, 'a') }
			: awsWithoutToken(request, response),
	);
	await t.throwsAsync(read('aws', base), {
		message: /public-keys\/1\/openssh-key answers with more than 1 MiB/,
	});
});

test('clouds: aws bounds all of its keys together in size and time', async (t) => {
	const names = Array.from({ length: 64 }, (_, index) => `${index}=key`).join('\n');
	let asked = 0;
	const service = (delayMs: number, keyBytes: number) =>
		cloudServer(t, (request, response) => {
			if (request.url === '/latest/meta-data/public-keys/') return names;
			if (request.url?.endsWith('/openssh-key') !== true) return awsWithoutToken(request, response);
			asked += 1;
			setTimeout(() => response.end(Buffer.alloc(keyBytes, 'a')), delayMs);
			return null;
		});
	await t.throwsAsync(read('aws', await service(0, 2 ** 20)), { message: /answers with more than 1 MiB/ });
	t.is(asked, 24);
	asked = 0;
	await t.throwsAsync(read('aws', await service(100, 10), 200), { message: /is too slow|does not answer/ });
	t.true(asked <= 12, `${asked} keys were asked for`);
});
