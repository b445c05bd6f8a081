// The tables of disks as sfdisk reads them, and what the kernel's command line says about the partition with the root.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { bytesContent } from '../../../../tools/files/content.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { biosDisk, efiDisk } from '../../../../tools/output/disk-layouts.ts';
import type { OutputJob } from '../../../../tools/output/format.ts';
import type { MediumFiles, MediumLayout } from '../../../../tools/output/media-layouts.ts';
import { findMediaTool } from '../../../../tools/output/media-tools.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const rootBytes = Buffer.from('ROOT'.repeat(3 * 1024));

const boot = (digest: string | null): MediumFiles => ({
	kernel: bytesContent(Buffer.from('KERNEL')),
	initrd: bytesContent(Buffer.from('INITRD')),
	root: digest === null ? null : { ...bytesContent(rootBytes), digest },
	commandLine: 'console=ttyS0 root=/dev/vda',
	memoryLine: '',
	isMended: () => false,
});

interface Table {
	readonly label: string;
	readonly partitions: readonly { readonly start: number; readonly size: number; readonly uuid?: string }[];
	readonly id: string;
}

async function makeDisk(t: ExecutionContext, layout: MediumLayout, digest: string | null) {
	const folder = scratchFolder(t);
	const disk = join(folder, 'disk');
	const output = join(folder, 'web');
	const processor = processors.amd64;
	const efiStub = findMediaTool(processor.efi.stub);
	const job = { output, processor, efiStub, signing: null, scratch: folder } as unknown as OutputJob;
	const { sources } = await layout(boot(digest), job);
	rmSync(disk, { force: true });
	await joinFiles(sources, disk);
	const verified = await runProgram('sfdisk', ['--verify', disk]);
	t.is(verified.exitCode, 0, verified.stderr);
	const listed = await runProgram('sfdisk', ['--json', disk]);
	const { partitiontable: table } = JSON.parse(listed.stdout) as { readonly partitiontable: Table };
	const content = await runProgram('strings', ['-n', '12', disk]);
	const lines = content.stdout.split('\n').filter((line) => line.includes('console=ttyS0'));
	return { disk, table, commandLine: lines[0]?.replace(/^.*(?=console)/, '') ?? '' };
}

async function bytesOf(t: ExecutionContext, disk: string, start: number): Promise<string> {
	const out = join(scratchFolder(t), 'part');
	const skip = [`if=${disk}`, `of=${out}`, 'bs=512', `skip=${start}`, 'count=24'];
	t.is((await runProgram('dd', skip)).exitCode, 0);
	return (await runProgram('sha256sum', [out])).stdout.slice(0, 64);
}

const named = test.macro({
	async exec(t, layout: MediumLayout, label: string, idOf: (table: Table) => string) {
		const first = await makeDisk(t, layout, 'one');
		t.is(first.table.label, label);
		const root = first.table.partitions[1];
		t.is(root?.size, rootBytes.length / 512);
		t.is((root?.start ?? 1) % 2048, 0);
		const plain = join(scratchFolder(t), 'plain');
		writeFileSync(plain, rootBytes);
		t.is(
			await bytesOf(t, first.disk, root?.start ?? 0),
			(await runProgram('sha256sum', [plain])).stdout.slice(0, 64),
		);
		// The last root= counts.
		t.is(first.commandLine, `console=ttyS0 root=/dev/vda root=PARTUUID=${idOf(first.table)}`);
		const other = await makeDisk(t, layout, 'two');
		t.not(idOf(other.table), idOf(first.table));
		t.is((await makeDisk(t, layout, 'one')).commandLine, first.commandLine);
	},
	title: (_, __, label) =>
		`a disk with the partition table ${label} names its root by an id, which another root does not have`,
});

test.serial(named, efiDisk, 'gpt', ({ partitions }) => partitions[1]?.uuid?.toLowerCase() ?? '');
test.serial(named, biosDisk, 'dos', ({ id }) => `${id.slice(2)}-02`);

test.serial('a disk whose initrd holds the root has one partition', async (t) => {
	for (const layout of [efiDisk, biosDisk]) {
		const { table, commandLine } = await makeDisk(t, layout, null);
		t.is(table.partitions.length, 1);
		t.is(commandLine, 'console=ttyS0 root=/dev/vda');
	}
});
