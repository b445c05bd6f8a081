// A layer of Docker's "foreign" type: taken from a registry that has it; told, and its addresses not asked, where none does.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { startFaultProxy } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar } from '../../../helpers/tar.ts';
import { pull } from '../../../ns/tools/registry/pulling.ts';

const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar';

/** @param url - where the manifest says that the layer is */
async function registryOf(t: ExecutionContext, hasLayer: boolean, url: string): Promise<string> {
	const blobs = new Map<string, Buffer>();
	const add = (bytes: Buffer, mediaType: string) => {
		const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
		blobs.set(digest, bytes);
		return { mediaType, digest, size: bytes.length };
	};
	const tar = await makeTar([{ name: 'app', body: 'x' }]);
	const layer = add(tar, foreign);
	const config = {
		os: 'linux',
		architecture: 'amd64',
		config: {},
		rootfs: { type: 'layers', diff_ids: [layer.digest] },
	};
	const manifest = {
		schemaVersion: 2,
		mediaType: mediaTypes.manifest,
		config: add(Buffer.from(JSON.stringify(config)), mediaTypes.config),
		layers: [{ ...layer, urls: [url] }],
	};
	const top = add(Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest).digest;
	if (!hasLayer) blobs.delete(layer.digest);
	const { host } = await startFaultProxy(t, '127.0.0.1:1', ({ method, url: asked = '' }, answer) => {
		const name = asked.split('/').at(-1) ?? '';
		const digest = name.startsWith('sha256:') ? name : top;
		const bytes = blobs.get(digest);
		const type = digest === top ? mediaTypes.manifest : 'application/octet-stream';
		answer.writeHead(bytes === undefined ? 404 : 200, { 'content-type': type });
		answer.end(method === 'HEAD' ? undefined : bytes);
		return true;
	});
	return host;
}

test('pullImage() takes a foreign layer from a registry that has it', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const host = await registryOf(t, true, 'http://127.0.0.1:1/');
	await pull(t, store, `${host}/a:v1`);
	t.is((await store.find(`${host}/a:v1`))?.layers[0]?.mediaType, foreign);
});

test('pullImage() tells a foreign layer that the registry has not, and asks no address of the manifest', async (t) => {
	let asked = 0;
	const elsewhere = createServer((_, answer) => {
		asked++;
		answer.end();
	}).listen(0, '127.0.0.1');
	t.teardown(() => elsewhere.close());
	await new Promise((resolve) => elsewhere.once('listening', resolve));
	const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/layer`;
	const host = await registryOf(t, false, url);
	await t.throwsAsync(pull(t, openImageStore(scratchFolder(t)), `${host}/a:v1`), {
		message: /The layer sha256:[0-9a-f]{64} is a foreign one \(.*foreign\.diff\.tar\).*slipway cache import/,
	});
	t.is(asked, 0);
});
