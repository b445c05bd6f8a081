import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { fileKind } from '../../../../supervisor/image/file-kind.ts';
import { makeTar } from '../../../helpers/tar.ts';

const bootSector = Buffer.alloc(512, 0x90);
bootSector.writeUInt16BE(0x55aa, 510);

const kinds: readonly [string, Buffer, string | null][] = [
	['nothing', Buffer.alloc(0), 'empty'],
	['the YAML of a system', Buffer.from('kernel:\n  image: slipway/kernel:v1 # größer\n'), 'a text'],
	['gzip', gzipSync('a'), 'compressed by gzip. Unpack it first, by gzip -d'],
	['zstd', zstdCompressSync('a'), 'compressed by zstd. Unpack it first, by zstd -d'],
	['xz', Buffer.from('\xfd7zXZ\0\0', 'latin1'), 'compressed by xz. Unpack it first, by xz -d'],
	['a disk with a boot sector', bootSector, 'a disk image'],
	['an initrd', Buffer.from('07070100000000'), 'a cpio archive, as an initrd is'],
	['a squashfs', Buffer.from('hsqs\x07\0', 'latin1'), 'a SquashFS image'],
	['what nobody knows', Buffer.from([1, 2, 3]), null],
];
for (const [name, bytes, kind] of kinds) {
	test(`fileKind() of ${name}`, (t) => {
		t.is(fileKind(bytes), kind);
	});
}

test('fileKind() knows this executable, and takes a tar for none of them', async (t) => {
	t.is(fileKind(readFileSync('build/native.node').subarray(0, 512)), 'a program (ELF)');
	t.is(fileKind(await makeTar([{ name: 'a', body: 'a' }])), null);
});
