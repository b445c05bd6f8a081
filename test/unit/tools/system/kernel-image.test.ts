import test, { type ExecutionContext } from 'ava';
import { openImageStore } from '../../../../tools/images/store.ts';
import { imageFile, kernelTarEntries } from '../../../../tools/system/kernel-image.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type Member, makeTar, putTestImage } from '../../../helpers/tar.ts';

const reference = 'docker.io/slipway/kernel:v1';

async function kernelImage(t: ExecutionContext, members: readonly Member[]) {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, reference, members);
	const image = await store.find(reference);
	if (image === null) throw new Error('no image');
	return { blobs: store.blobs, image };
}

async function modulesOf(t: ExecutionContext, tar: Buffer): Promise<string[]> {
	const body = tar as unknown as string;
	const { blobs, image } = await kernelImage(t, [{ name: 'kernel.tar', body }]);
	const paths: string[] = [];
	for await (const entry of kernelTarEntries(blobs, image, 'kernel.tar'))
		paths.push(`${entry.kind} ${entry.path}`);
	return paths;
}

test('kernelTarEntries() gives the tree of the tar in the image', async (t) => {
	const tar = await makeTar([{ name: './lib/modules/a.ko', body: 'a' }]);
	t.deepEqual(await modulesOf(t, tar), ['directory lib', 'directory lib/modules', 'file lib/modules/a.ko']);
});

test('kernelTarEntries() refuses a path that leads out, and names image and tar: path escape', async (t) => {
	await t.throwsAsync(modulesOf(t, await makeTar([{ name: '../../evil', body: 'x' }])), {
		code: 'BAD_IMAGE',
		message: `${reference}: its /kernel.tar has the path "../../evil", which leads out of its tree.`,
	});
});

test('kernelTarEntries() says that a tar is cut, and where', async (t) => {
	const tar = await makeTar([{ name: 'lib/a.ko', body: 'a'.repeat(5000) }]);
	await t.throwsAsync(modulesOf(t, tar.subarray(0, 2000)), {
		code: 'BAD_IMAGE',
		message: `${reference}: its /kernel.tar is not a whole tar: it ends in the middle of lib/a.ko.`,
	});
});

test('imageFile() finds a file by any of its names', async (t) => {
	const { blobs, image } = await kernelImage(t, [
		{ name: 'bzImage', body: 'kernel' },
		{ name: 'kernel', type: 'link', linkname: 'bzImage' },
	]);
	for (const name of ['bzImage', 'kernel']) {
		const parts: Uint8Array[] = [];
		for await (const part of imageFile(blobs, image, name)) parts.push(part);
		t.is(Buffer.concat(parts).toString(), 'kernel');
	}
	await t.throwsAsync(imageFile(blobs, image, 'other').next(), { code: 'BAD_IMAGE' });
});

test('kernelTarEntries() refuses an image without the tar, as LinuxKit does, and says how to do without', async (t) => {
	const { blobs, image } = await kernelImage(t, [{ name: 'kernel', body: 'kernel' }]);
	await t.throwsAsync(kernelTarEntries(blobs, image, 'kernel.tar').next(), {
		message: `The image ${reference} has no file /kernel.tar. If its modules are not wanted, say "tar: none" in "kernel".`,
	});
});
