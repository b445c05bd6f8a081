import { readdirSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { parseManifest } from '../../../../supervisor/image/manifest.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { parseMirror } from '../../../../tools/registry/endpoint.ts';
import { makeCertificate } from '../../../helpers/certificate.ts';
import { runProgram } from '../../../helpers/program.ts';
import { login, pushImage, startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { assertWhole, filledRegistry, madeImage, pull, reference } from './pulling.ts';

test('pullImage() pulls an image that skopeo pushed; the second time it is up to date', async (t) => {
	const { host } = await filledRegistry(t);
	const store = openImageStore(scratchFolder(t));
	const name = `${host}/slipway/a:v1`;
	const pulled = await pull(t, store, name);
	t.false(pulled.upToDate);
	t.is(pulled.reference, name);
	await assertWhole(t, store, name);
	const inspected = await runProgram('skopeo', [
		...['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${name}`],
	]);
	t.is(pulled.descriptor.digest, inspected.stdout.trim());
	t.deepEqual(await pull(t, store, name), { ...pulled, upToDate: true });
	t.true((await pull(t, store, `${host}/slipway/a@${pulled.descriptor.digest}`)).upToDate);
});

test('pullImage() pulls by an IPv6 address, of a registry and of a mirror', async (t) => {
	const { host } = await filledRegistry(t);
	const proxy = await startFaultProxy(t, host, async () => false, '::1');
	const store = openImageStore(scratchFolder(t));
	const name = `${proxy.host}/slipway/a:v1`;
	t.is((await pull(t, store, name)).reference, name);
	await assertWhole(t, store, name);
	const mirrored = openImageStore(scratchFolder(t));
	await pull(t, mirrored, reference, { mirrors: [parseMirror(`docker.io=http://${proxy.host}`)] });
	await assertWhole(t, mirrored, reference);
});

test('pullImage() fetches again what was damaged in the store', async (t) => {
	const { host } = await filledRegistry(t);
	const [store, name] = [openImageStore(scratchFolder(t)), `${host}/slipway/a:v1`];
	await pull(t, store, name);
	const image = await store.find(name);
	if (image === null) throw new Error('not pulled');
	const { config } = parseManifest(await store.blobs.readJson(image.manifest), name);
	for (const damaged of [image.manifest, config, image.layers[0] ?? config]) {
		writeFileSync(store.blobs.path(damaged.digest), 'damaged');
		await t.throwsAsync(
			async () => {
				for (const layer of (await store.find(name))?.layers ?? [])
					for await (const _ of store.blobs.read(layer));
			},
			{ code: 'DIGEST_MISMATCH' },
		);
		t.false((await pull(t, store, name)).upToDate);
		await assertWhole(t, store, name);
	}
});

test('pullImage() reports a missing image or registry', async (t) => {
	const host = await startRegistry(t);
	const store = openImageStore(scratchFolder(t));
	await t.throwsAsync(pull(t, store, `${host}/none:v1`), {
		code: 'NO_IMAGE',
		message: new RegExp(`^${host}/none:v1 can't be pulled\\. ${host} has no none:v1 \\(404`),
	});
	await t.throwsAsync(pull(t, store, '127.0.0.1:1/none'), { code: 'UNREACHABLE', message: /ECONNREFUSED/ });
	t.deepEqual(readdirSync(store.folder), []);
});

test('pullImage() logs in by basic authentication; without a login it names the command', async (t) => {
	const [host, image] = [await startRegistry(t, { basic: true }), await madeImage(t)];
	const name = `${host}/slipway/a:v1`;
	await pushImage(image.folder, reference, name, '--dest-creds', `${login.username}:${login.password}`);
	const store = openImageStore(scratchFolder(t));
	await t.throwsAsync(pull(t, store, name), {
		code: 'DENIED',
		message: /docker login 127\.0\.0\.1:\d+"/,
	});
	await t.throwsAsync(pull(t, store, name, { credentials: { kind: 'password', ...login, password: 'x' } }), {
		code: 'DENIED',
		message: /does not accept the login/,
	});
	await pull(t, store, name, { credentials: { kind: 'password', ...login } });
	await assertWhole(t, store, name);
});

test('pullImage() trusts a CA of its own; without it the error names the option', async (t) => {
	const { certificate, key, pem } = await makeCertificate(t, 'IP:127.0.0.1');
	const [host, image] = [await startRegistry(t, { tls: { certificate, key } }), await madeImage(t)];
	await pushImage(image.folder, reference, `${host}/slipway/a:v1`);
	const store = openImageStore(scratchFolder(t));
	const mirrors = [parseMirror(`registry.invalid=https://${host}`)];
	const name = 'registry.invalid/slipway/a:v1';
	await t.throwsAsync(pull(t, store, name, { mirrors }), {
		message: /127\.0\.0\.1:\d+ can't be reached: .*--ca FILE/,
	});
	const other = await makeCertificate(t, 'DNS:other.invalid');
	const elsewhere = await startRegistry(t, { tls: other });
	const misnamed = [parseMirror(`registry.invalid=https://${elsewhere}`)];
	await t.throwsAsync(pull(t, store, name, { mirrors: misnamed, ca: other.pem }), {
		message: /altnames.*The registry needs another certificate/,
	});
	await pull(t, store, name, { mirrors, ca: pem });
	await assertWhole(t, store, name);
});

test('pullImage() tries mirrors in order and names each that failed', async (t) => {
	const { host } = await filledRegistry(t);
	const empty = await startRegistry(t);
	const mirrors = ['127.0.0.1:1', empty, host].map((each) => parseMirror(`registry.invalid=http://${each}`));
	const store = openImageStore(scratchFolder(t));
	const failures: string[] = [];
	await pull(t, store, 'registry.invalid/slipway/a:v1', { mirrors, failures });
	t.is(failures.length, 2);
	await assertWhole(t, store, 'registry.invalid/slipway/a:v1');
	await t.throwsAsync(pull(t, store, 'registry.invalid/none', { mirrors }), {
		message:
			/can't be pulled:\n.*127\.0\.0\.1:1 can't(.*\n)+.*404(.*\n)+.*registry\.invalid can't be reached/,
	});
});
