// The root in a partition of every disk format: veritysetup finds it whole by the hash of the command line on that disk, and not
// with one other bit. The kernel checks the same, which test/vm/secure-boot.test.ts shows for one format.

import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { readAt } from '../../../../tools/machine/medium-processor.ts';
import { outputFormats } from '../../../../tools/output/formats.ts';
import { type Finished, runProgram } from '../../../helpers/program.ts';
import { buildSmallSystem } from './small-system.ts';

const test = ava.serial;
const sectorBytes = 512;

for (const { name } of outputFormats.filter(({ isDisk }) => isDisk === true)) {
	test(`slipway build --format ${name} writes a root that dm-verity checks by the command line`, async (t) => {
		const out = await buildSmallSystem(t, name);
		const [file = ''] = readdirSync(out);
		const toRaw = file.endsWith('.tar.gz')
			? `tar -xzf ${file} && mv disk.raw raw`
			: `qemu-img convert -O raw ${file} raw`;
		t.is((await runProgram('sh', ['-c', toRaw], { cwd: out })).exitCode, 0);
		const raw = join(out, 'raw');
		const { stdout } = await runProgram('/sbin/sfdisk', ['--json', raw]);
		const table = JSON.parse(stdout) as {
			partitiontable: { partitions: { start: number; size: number }[] };
		};
		const [boot, root] = table.partitiontable.partitions;
		if (boot === undefined || root === undefined) return t.fail(stdout);
		const bootBytes = readAt(raw, boot.start * sectorBytes, (root.start - boot.start) * sectorBytes);
		const [, hash = '', blocks] =
			/ slipway\.verity=([0-9a-f]{64}),(\d+) [^\0]*root=PARTUUID=/.exec(bootBytes.toString('latin1')) ?? [];
		const partition = join(out, 'partition');
		const verified = async (): Promise<Finished> => {
			const cut = [`if=${raw}`, `of=${partition}`, `skip=${root.start}`, `count=${root.size}`, 'status=none'];
			await runProgram('dd', cut);
			const offset = `--hash-offset=${Number(blocks) * 4096}`;
			return await runProgram('/sbin/veritysetup', ['verify', offset, partition, partition, hash]);
		};
		const whole = await verified();
		t.is(whole.exitCode, 0, whole.stderr);
		const [first = 0] = readAt(raw, root.start * sectorBytes + 100, 1);
		const disk = openSync(raw, 'r+');
		writeSync(disk, Buffer.of(first ^ 1), 0, 1, root.start * sectorBytes + 100);
		closeSync(disk);
		const spoilt = await verified();
		t.not(spoilt.exitCode, 0, spoilt.stderr);
	});
}
