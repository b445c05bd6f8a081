import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { cacheExportCommand } from '../../../../tools/commands/cache-export.ts';
import { cacheImportCommand } from '../../../../tools/commands/cache-import.ts';
import { cacheLsCommand } from '../../../../tools/commands/cache-ls.ts';
import { cacheRmCommand } from '../../../../tools/commands/cache-rm.ts';
import { openBlobFolder } from '../../../../tools/images/blob-folder.ts';
import { readIndexFile } from '../../../../tools/images/index-file.ts';
import { pruneStore } from '../../../../tools/images/prune-store.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { readPublicKeys } from '../../../../tools/trust/public-keys.ts';
import { storedSignatures } from '../../../../tools/trust/stored-signatures.ts';
import { verifyImage } from '../../../../tools/trust/verify-image.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { digestOf } from '../../../helpers/tar.ts';
import {
	fetchAndVerify,
	makeKey,
	payloadOf,
	pulledImage,
	pushSignatures,
	type Signable,
	signedLayer,
} from './signing.ts';

interface SignedImage extends Signable {
	readonly payload: Buffer;
	verify(): Promise<unknown>;
}

async function signedImage(t: ExecutionContext): Promise<SignedImage> {
	const image = await pulledImage(t);
	const key = await makeKey(t);
	const payload = payloadOf('', image.digest);
	await pushSignatures(image, [await signedLayer(t, key, payload)]);
	await fetchAndVerify(t, image, key);
	const keys = await readPublicKeys([key.publicFile]);
	const verify = () => verifyImage(image.name, image.digest, keys, image.store);
	return { ...image, payload, verify };
}

const dayMs = 24 * 60 * 60 * 1000;

test('keepSignatures() does not change the lists of images', async (t) => {
	const { store, name } = await signedImage(t);
	t.deepEqual(
		(await store.list()).map((each) => each.reference),
		[name],
	);
	const { out } = await runCommand(cacheLsCommand, '--json', '--cache', store.folder);
	t.deepEqual(
		(JSON.parse(out) as { reference: string }[]).map((each) => each.reference),
		[name],
	);
	t.is((await readIndexFile(store.folder)).length, 2);
	const inspected = await runProgram('skopeo', ['inspect', `oci:${store.folder}:${name}`]);
	t.is(inspected.exitCode, 0, inspected.stderr);
});

test('keepSignatures() does not change export and import of images', async (t) => {
	const { store, name, digest } = await signedImage(t);
	const tar = join(scratchFolder(t), 'image.tar');
	await runCommand(cacheExportCommand, '--output', tar, '--cache', store.folder, name);
	const other = openImageStore(scratchFolder(t));
	await runCommand(cacheImportCommand, '--cache', other.folder, tar);
	t.is((await readIndexFile(other.folder)).length, 1);
	const whole = openImageStore(scratchFolder(t));
	await runCommand(cacheImportCommand, '--cache', whole.folder, store.folder);
	t.deepEqual(await storedSignatures(name, digest, whole), []);
	t.true(await whole.has(name));
});

test('keepSignatures() replaces earlier signatures', async (t) => {
	const image = await signedImage(t);
	const key = await makeKey(t);
	await pushSignatures(image, [await signedLayer(t, key, payloadOf('', image.digest))]);
	t.is((await fetchAndVerify(t, image, key)).file, key.publicFile);
	await t.throwsAsync(image.verify(), { code: 'BAD_SIGNATURE' });
	t.is((await readIndexFile(image.store.folder)).length, 2);
});

test('pruneStore() keeps the signatures of images that are needed', async (t) => {
	const { store, verify } = await signedImage(t);
	const removed = await pruneStore(store.folder, { dryRun: false, nowMs: Date.now() + dayMs });
	t.deepEqual(removed, []);
	await t.notThrowsAsync(verify());
});

test('pruneStore() removes the signatures of images that are gone, after an hour', async (t) => {
	const { store, name, digest, payload } = await signedImage(t);
	await runCommand(cacheRmCommand, '--cache', store.folder, name);
	await pruneStore(store.folder, { dryRun: false, nowMs: Date.now() });
	t.is((await storedSignatures(name, digest, store)).length, 1);
	await pruneStore(store.folder, { dryRun: true, nowMs: Date.now() + dayMs });
	t.is((await storedSignatures(name, digest, store)).length, 1);
	const blobs = openBlobFolder(store.folder);
	await pruneStore(store.folder, { dryRun: false, nowMs: Date.now() + dayMs });
	t.deepEqual(await readIndexFile(store.folder), []);
	t.false(blobs.has(digestOf(payload)));
});
