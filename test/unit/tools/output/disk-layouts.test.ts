// The tables of disks as sfdisk reads them, and what the kernel's command line says about the partition with the root.

import { rmSync, statSync, writeFileSync } from 'node:fs';
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

interface TablePartition {
	readonly node: string;
	readonly start: number;
	readonly size: number;
	readonly uuid?: string;
	readonly name?: string;
}

interface Table {
	readonly label: string;
	readonly partitions: readonly TablePartition[];
	readonly id: string;
}

async function makeDisk(
	t: ExecutionContext,
	layout: MediumLayout,
	digest: string | null,
	diskBytes: number | null = null,
) {
	const folder = scratchFolder(t);
	const disk = join(folder, 'disk');
	const output = join(folder, 'web');
	const processor = processors.amd64;
	const efiStub = findMediaTool(processor.efi.stub);
	const common = { output, processor, efiStub, signing: null, scratch: folder };
	const job = { ...common, diskBytes } as unknown as OutputJob;
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

const mebibyte = 2 ** 20;

for (const [layout, label] of [
	[efiDisk, 'gpt'],
	[biosDisk, 'dos'],
] as const) {
	test.serial(`--size adds a blank partition for data to a disk with the table ${label}`, async (t) => {
		const plain = await makeDisk(t, layout, 'one');
		const { table, disk, commandLine } = await makeDisk(t, layout, 'one', 64 * mebibyte);
		t.is(commandLine, plain.commandLine);
		t.is(statSync(disk).size, 64 * mebibyte);
		t.deepEqual(
			table.partitions.slice(0, 2),
			plain.table.partitions.map((each) => ({ ...each, node: each.node.replace(plain.disk, disk) })),
		);
		const data = table.partitions[2];
		t.is((data?.start ?? 1) % 2048, 0);
		const end = ((data?.start ?? 0) + (data?.size ?? 0)) / 2048;
		t.is(end, label === 'gpt' ? 63 : 64);
		t.is(data?.name, label === 'gpt' ? 'data' : undefined);
		t.true(statSync(disk).blocks * 512 < 40 * mebibyte, 'the space is a hole');
		const inInitrd = await makeDisk(t, layout, null, 64 * mebibyte);
		t.is(inInitrd.table.partitions.length, 2);
		t.is(inInitrd.table.partitions[1]?.name, data?.name);
	});

	test.serial(
		`--size that is too small or too large for the table ${label} is told with what is possible`,
		async (t) => {
			const error = await t.throwsAsync(makeDisk(t, layout, 'one', 5 * mebibyte), {
				code: 'BAD_INPUT',
				message:
					/^--size 5M: the system takes \d+M of the disk, and a partition for data at least 4M\. Write --size \d+M or more\.$/,
			});
			const least = Number(/--size (\d+)M or/.exec(error?.message ?? '')?.[1]);
			await t.notThrowsAsync(makeDisk(t, layout, 'one', least * mebibyte));
			await t.throwsAsync(makeDisk(t, layout, 'one', (least - 1) * mebibyte), { code: 'BAD_INPUT' });
			await t.throwsAsync(makeDisk(t, layout, 'one', 3 * 2 ** 40), {
				message: /^--size 3145728M: the largest disk is 2097151M\./,
			});
		},
	);
}
