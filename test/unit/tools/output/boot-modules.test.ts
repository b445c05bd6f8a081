// Which modules the first program gets, and why a kernel without them can't mount the root.

import test from 'ava';
import type { Inode } from '../../../../tools/archive/squashfs/inode.ts';
import { findBootModules } from '../../../../tools/output/boot-modules.ts';
import type { RootTree } from '../../../../tools/output/root-image.ts';

const folder = 'lib/modules/6.1';

/** A tree of files; directories are what the paths imply. */
function treeOf(files: Readonly<Record<string, string>>): RootTree {
	return {
		find(path) {
			if (path === 'lib/modules')
				return { kind: 'directory', children: new Map([['6.1', null]]) } as unknown as Inode;
			return files[path] === undefined ? null : ({ kind: 'file' } as Inode);
		},
		read: async (path) => (files[path] === undefined ? null : Buffer.from(files[path])),
	};
}

const tree = treeOf({
	[`${folder}/modules.builtin`]: 'kernel/drivers/nvme/host/nvme.ko\n',
	[`${folder}/modules.dep`]: 'k/virtio_blk.ko: k/virtio.ko\nk/virtio.ko:\nk/squashfs.ko:\n',
	[`${folder}/k/virtio.ko`]: 'v',
	[`${folder}/k/virtio_blk.ko`]: 'b',
	[`${folder}/k/squashfs.ko`]: 'LZ4_decompress_safe',
});

async function found(anyOf: readonly string[], from = tree): Promise<readonly string[] | string> {
	const modules = await findBootModules(from, { anyOf, all: ['squashfs'] }, 'lz4');
	return typeof modules === 'string' ? modules : modules.map(({ name }) => name);
}

test('findBootModules() takes the drivers that are there, after what they need', async (t) => {
	t.deepEqual(await found(['ahci', 'virtio_blk']), ['virtio', 'virtio_blk', 'squashfs']);
});

test('findBootModules() is content with a driver in the kernel itself', async (t) => {
	t.deepEqual(await found(['ahci', 'nvme']), ['squashfs']);
});

test('findBootModules() says which drivers a kernel lacks', async (t) => {
	t.is(await found(['ahci', 'usb_storage']), 'has no driver of ahci, usb_storage');
});

test('findBootModules() puts what checks signatures before all others', async (t) => {
	const withHash = treeOf({
		[`${folder}/modules.dep`]: 'k/squashfs.ko:\nk/virtio_blk.ko:\nk/sha256-ssse3.ko:\n',
		[`${folder}/k/sha256-ssse3.ko`]: 's',
		[`${folder}/k/virtio_blk.ko`]: 'b',
		[`${folder}/k/squashfs.ko`]: 'LZ4_decompress_safe',
	});
	t.deepEqual(await found(['virtio_blk'], withHash), ['sha256_ssse3', 'virtio_blk', 'squashfs']);
});
