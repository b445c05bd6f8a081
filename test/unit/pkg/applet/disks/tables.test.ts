// Our tables read by sfdisk; sfdisk's are read in contents.test.ts.

import { openSync, writeSync } from 'node:fs';
import test from 'ava';
import { readContents } from '../../../../../pkg/applet/disks/contents.ts';
import { formatGuid, formatUuid, guidBytes } from '../../../../../pkg/applet/disks/fields.ts';
import { gptWrites, linuxGptType, readGpt } from '../../../../../pkg/applet/disks/gpt.ts';
import { mbrSector, parseMbr } from '../../../../../pkg/applet/disks/mbr.ts';
import { diskImage, mebibyte, readImage, sayOf } from './images.ts';

const guid = '0b6ce5e1-6cb4-4bf3-b1e2-5f26d1a2c3d4';

interface Listed {
	readonly partitiontable: {
		readonly label: string;
		readonly id: string;
		readonly partitions: readonly Readonly<Record<string, string | number>>[];
	};
}

async function listed(disk: string): Promise<Listed['partitiontable']> {
	return (JSON.parse(await sayOf('sfdisk', ['--json', disk])) as Listed).partitiontable;
}

function put(disk: string, offset: number, bytes: Buffer): void {
	writeSync(openSync(disk, 'r+'), bytes, 0, bytes.length, offset);
}

test('mbrSector() is a table to sfdisk, and parseMbr() reads it', async (t) => {
	const disk = await diskImage(t, 16 * mebibyte);
	const mbr = {
		diskId: 0xdeadbeef,
		partitions: [
			{ number: 1, type: 0x83, firstSector: 2048, sectors: 4096 },
			{ number: 3, type: 0x0c, firstSector: 8192, sectors: 8192 },
		],
	};
	put(disk, 0, mbrSector(mbr));
	const said = await listed(disk);
	t.like(said, { label: 'dos', id: '0xdeadbeef' });
	t.like(said.partitions[0], { node: `${disk}1`, start: 2048, size: 4096, type: '83' });
	t.like(said.partitions[1], { node: `${disk}3`, start: 8192, size: 8192, type: 'c' });
	t.deepEqual(parseMbr(mbrSector(mbr)), mbr);
});

test('parseMbr() takes no text with the signature, and no sector without it', (t) => {
	const text = Buffer.alloc(512, 'x');
	text.writeUInt16LE(0xaa55, 510);
	t.is(parseMbr(text), null);
	t.is(parseMbr(Buffer.alloc(512)), null);
});

test('gptWrites() is a table without fault to sfdisk, and readGpt() reads it', async (t) => {
	const disk = await diskImage(t, 16 * mebibyte);
	const sectors = 32_768;
	const partition = { number: 1, type: linuxGptType, guid, name: 'däta', firstSector: 2048, sectors: 20_000 };
	const plan = { diskGuid: guid.replace('0', '1'), partitions: [partition], sectorBytes: 512, sectors };
	const protective = { number: 1, type: 0xee, firstSector: 1, sectors: sectors - 1 };
	put(disk, 0, mbrSector({ diskId: 0, partitions: [protective] }));
	for (const { offset, bytes } of gptWrites(plan)) put(disk, offset, bytes);
	const said = await listed(disk);
	t.like(said, { label: 'gpt', id: plan.diskGuid.toUpperCase() });
	t.like(said.partitions[0], {
		start: 2048,
		size: 20_000,
		name: 'däta',
		type: linuxGptType.toUpperCase(),
		uuid: guid.toUpperCase(),
	});
	t.regex(await sayOf('sfdisk', ['--verify', disk]), /No errors detected/);
	t.deepEqual(readImage(disk, readGpt), {
		diskGuid: plan.diskGuid,
		partitions: [partition],
		damage: null,
	});
});

test('gptWrites() for sectors of 4096 bytes', async (t) => {
	const disk = await diskImage(t, 16 * mebibyte);
	const partition = { number: 1, type: linuxGptType, guid, name: '', firstSector: 256, sectors: 3000 };
	const plan = { diskGuid: guid, partitions: [partition], sectorBytes: 4096, sectors: 4096 };
	for (const { offset, bytes } of gptWrites(plan)) put(disk, offset, bytes);
	t.deepEqual(readImage(disk, readGpt, 4096), { diskGuid: guid, partitions: [partition], damage: null });
	t.is(readImage(disk, readContents).gpt, null);
});

test("readGpt() believes no table whose counts are a liar's", async (t) => {
	const disk = await diskImage(t, 16 * mebibyte, `printf 'label: gpt\\n,8M,L\\n' | sfdisk -q $disk`);
	put(disk, 512 + 80, Buffer.from('ffffffffffffffff', 'hex'));
	t.is(readImage(disk, readGpt)?.damage, 'its first copy is damaged');
});

test('formatGuid() and guidBytes() are each other reversed', (t) => {
	t.is(formatGuid(guidBytes(guid)), guid);
	t.is(formatUuid(Buffer.alloc(16)), '');
});
