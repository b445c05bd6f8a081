// The formats for firmware, of a system that is a few files: same bytes, nothing half-written, and what the machine makes of them.
// They are booted in test/vm/media.test.ts.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { SlipwayError } from '../../../../tools/errors.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import {
	describeMedium,
	findMediumFile,
	type MediumChoice,
	mediumSystemName,
} from '../../../../tools/machine/boot-medium.ts';
import { mediumProcessor } from '../../../../tools/machine/medium-processor.ts';
import { outputFormats } from '../../../../tools/output/formats.ts';
import { readMediaTool } from '../../../../tools/output/media-tools.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const yaml = `kernel:
  image: t/kernel:v1
  cmdline: "console=ttyS0"
init:
  - t/init:v1
`;

const media = outputFormats.flatMap(({ name, medium }) => (medium === undefined ? [] : { name, ...medium }));

async function build(t: ExecutionContext, format: string, ...options: readonly string[]): Promise<string> {
	const folder = scratchFolder(t);
	const [out, file] = [join(folder, 'out'), join(folder, 'web.yml')];
	mkdirSync(out);
	writeFileSync(file, yaml);
	const store = openImageStore(join(folder, 'store'));
	const modules = await makeTar([{ name: 'lib/modules/', type: 'directory', mode: 0o755 }]);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'KERNEL'.repeat(5000) },
		{ name: 'kernel.tar', body: modules },
	]);
	await putTestImage(store, 't/init:v1', [{ name: 'init', mode: 0o755, body: 'init' }]);
	const outputs = ['--cache', join(folder, 'store'), '--dir', out, '--format', format, ...options];
	await runCommand(buildCommand, ...outputs, file);
	return out;
}

for (const { name, ending, device, imageFormat } of media) {
	test.serial(
		`slipway build --format ${name} writes the same bytes each time, and nothing else`,
		async (t) => {
			const first = await build(t, name);
			t.deepEqual(readdirSync(first), [`web${ending}`]);
			const bytes = readFileSync(join(first, `web${ending}`));
			t.true(bytes.equals(readFileSync(join(await build(t, name), `web${ending}`))));
			const path = join(first, `web${ending}`);
			t.is(findMediumFile(join(first, 'web')), path);
			t.is(mediumSystemName(path), join(first, 'web'));
			const medium = describeMedium(path, {});
			t.is(medium.drive, device === 'disk' ? 'virtio' : device);
			t.is(medium.imageFormat, imageFormat);
			t.is(medium.uefi !== null, /efi|uki/.test(name));
			const isForEfi = /efi|uki|^iso$/.test(name) && imageFormat === 'raw';
			t.is(mediumProcessor(path), isForEfi ? processors.amd64 : null);
		},
	);
}

test.serial(
	'slipway build --format tar-kernel-initrd and gcp write archives that GNU tar reads',
	async (t) => {
		const [boot, disk] = [await build(t, 'tar-kernel-initrd'), await build(t, 'gcp')];
		const listed = await runProgram('tar', ['-tf', join(boot, 'web-initrd.tar')]);
		t.is(listed.stdout, 'kernel\ninitrd.img\ncmdline\n');
		const line = await runProgram('tar', ['-xOf', join(boot, 'web-initrd.tar'), 'cmdline']);
		t.regex(line.stdout, /^console=ttyS0\b/);
		const raw = await runProgram('tar', ['-tvzf', join(disk, 'web.img.tar.gz')]);
		t.regex(raw.stdout, / 1073741824 .* disk\.raw\n$/);
		const start = await runProgram('sh', [
			'-c',
			'zcat "$0" | head -c 265 | tail -c 8',
			join(disk, 'web.img.tar.gz'),
		]);
		t.is(start.stdout, 'ustar  \0', "GNU's older format");
	},
);

test.serial('slipway build --format docker writes the tree of tar and a Dockerfile', async (t) => {
	const list = async (path: string) => (await runProgram('tar', ['-tf', path])).stdout;
	const path = join(await build(t, 'docker'), 'web.docker');
	t.is(await list(path), `${await list(join(await build(t, 'tar'), 'web.tar'))}Dockerfile\n`);
	const { stdout } = await runProgram('tar', ['-xOf', path, 'Dockerfile']);
	t.regex(stdout, /^FROM scratch\n[\s\S]*^ENTRYPOINT \["\/init"\]\n$/m);
});

for (const format of ['tar', 'docker']) {
	test.serial(
		`slipway build --format ${format} begins with an entry for the root, which is 0755`,
		async (t) => {
			const listed = await runProgram('tar', ['-tvf', join(await build(t, format), `web.${format}`)]);
			t.regex(listed.stdout, /^drwxr-xr-x 0\/0 .* \.\/\n/);
		},
	);
}

test.serial('a medium for BIOS has a file system that fsck.fat finds whole', async (t) => {
	const out = await build(t, 'raw-bios');
	const volume = join(out, 'volume');
	writeFileSync(volume, readFileSync(join(out, 'web-bios.img')).subarray(2 ** 20));
	const checked = await runProgram('fsck.fat', ['-nv', volume]);
	t.is(checked.exitCode, 0, checked.stdout);
	const listed = await runProgram('mdir', ['-a', '-b', '-i', volume, '::/']);
	t.regex(listed.stdout, /ldlinux\.sys/i);
	const config = await runProgram('mtype', ['-i', volume, '::/SYSLINUX.CFG']);
	t.regex(config.stdout, /^ {2}APPEND console=ttyS0\b/m);
});

for (const [format, ending] of [
	['uki', '.efi'],
	['iso', '.iso'],
	['iso-efi', '-efi.iso'],
	['raw-efi', '-efi.img'],
] as const) {
	test.serial(
		`slipway build --arch arm64 --format ${format} makes what firmware of that processor starts`,
		async (t) => {
			const folder = scratchFolder(t);
			const [out, file, cache] = [join(folder, 'out'), join(folder, 'web.yml'), join(folder, 'store')];
			mkdirSync(out);
			writeFileSync(file, yaml);
			const store = openImageStore(cache, new Set(), undefined, { os: 'linux', architecture: 'arm64' });
			const modules = await makeTar([{ name: 'lib/modules/', type: 'directory', mode: 0o755 }]);
			const put = async (name: string, members: Parameters<typeof putTestImage>[2]) =>
				await putTestImage(store, name, members, { Cmd: ['/app'] }, 'arm64');
			const kernel = { name: 'kernel', body: 'KERNEL'.repeat(5000) };
			await put('t/kernel:v1', [kernel, { name: 'kernel.tar', body: modules }]);
			await put('t/init:v1', [{ name: 'init', mode: 0o755, body: 'init' }]);
			// A build would download the stub; here this machine's own says to be of the other processor.
			const stub = await readMediaTool('linuxx64.efi.stub');
			stub.writeUInt16LE(processors.arm64.efi.peMachine, stub.readUInt32LE(0x3c) + 4);
			mkdirSync(join(cache, 'debian'), { recursive: true });
			writeFileSync(join(cache, 'debian/linuxaa64.efi.stub'), stub);
			const built = [
				'--cache',
				cache,
				'--dir',
				out,
				'--arch',
				'arm64',
				'--offline',
				'--format',
				format,
				file,
			];
			await runCommand(buildCommand, ...built);
			const path = join(out, `web${ending}`);
			t.is(mediumProcessor(path), processors.arm64);
			t.true(readFileSync(path).includes('console=ttyS0 console=ttyAMA0 '));
			t.false(readFileSync(path).includes('ISOLINUX'));
		},
	);
}

test.serial('slipway build --arch arm64 --format uki says what lacks without a stub', async (t) => {
	const folder = scratchFolder(t);
	const file = join(folder, 'x.yml');
	writeFileSync(file, yaml);
	const cache = join(folder, 'store');
	const built = ['--cache', cache, '--dir', folder, '--arch', 'arm64', '--offline', '--format', 'uki', file];
	await t.throwsAsync(runCommand(buildCommand, ...built), {
		code: 'TOOL_FAILED',
		message: /^The format uki for arm64 needs linuxaa64\.efi\.stub of Debian's package systemd-boot-efi, /,
	});
});

test.serial('slipway build refuses a medium of a system without a kernel', async (t) => {
	const folder = scratchFolder(t);
	const file = join(folder, 'x.yml');
	writeFileSync(file, 'init: []\n');
	await t.throwsAsync(runCommand(buildCommand, '--dir', folder, '--format', 'uki', file), {
		code: 'BAD_CONFIG',
		message: 'uki: the configuration names no kernel.',
	});
	t.deepEqual(readdirSync(folder), ['x.yml']);
});

test.serial('slipway build says what to install for a format, and does nothing before', async (t) => {
	const folder = scratchFolder(t);
	const file = join(folder, 'x.yml');
	writeFileSync(file, yaml);
	const path = process.env['PATH'];
	process.env['PATH'] = folder;
	t.teardown(() => {
		process.env['PATH'] = path;
	});
	await t.throwsAsync(runCommand(buildCommand, '--dir', folder, '--offline', '--format', 'qcow2-efi', file), {
		code: 'TOOL_FAILED',
		message: /^The format qcow2-efi needs qemu-img, .* apt-get install qemu-utils;/,
	});
	t.deepEqual(readdirSync(folder), ['x.yml']);
});

test('findMediumFile() asks which file is meant when a system has several', (t) => {
	const folder = scratchFolder(t);
	for (const ending of ['.iso', '.efi']) writeFileSync(join(folder, `x${ending}`), '');
	t.throws(() => findMediumFile(join(folder, 'x')), { message: /Name one of these files/ });
	t.is(findMediumFile(join(folder, 'x.iso')), join(folder, 'x.iso'));
	t.is(findMediumFile(join(folder, 'y')), null);
	for (const [file, format] of [
		['y.iso', 'iso'],
		['y-efi.img', 'raw-efi'],
		['y.img', 'raw-bios'],
	] as const)
		t.throws(() => findMediumFile(join(folder, file)), {
			message: new RegExp(
				`There is no file \\S+/${file}\\. .*slipway build --format ${format} --name y FILE`,
			),
		});
});

const archives: readonly [file: string, expected: RegExp][] = [
	['web.img.tar.gz', /of the format gcp: .* tar -xzf \S+\/web\.img\.tar\.gz && slipway run disk\.raw$/],
	[
		'web-initrd.tar',
		/of the format tar-kernel-initrd: .* tar -xf \S+ --transform 's\/\^\/web-\/' && slipway run web$/,
	],
	['web.tar', /of the format tar: the tree of a system, which no machine boots\. Build another format/],
	['web.docker', /of the format docker: the tree of a system/],
];
for (const [file, message] of archives) {
	test(`findMediumFile() says how ${file} becomes what a machine boots`, (t) => {
		const path = join(scratchFolder(t), file);
		t.is(findMediumFile(path), null);
		writeFileSync(path, '');
		t.throws(() => findMediumFile(path), { code: 'BAD_INPUT', message });
	});
}

test('describeMedium() takes keys for Secure Boot with UEFI alone, and only variables of OVMF', (t) => {
	const folder = scratchFolder(t);
	const [program, bios, variables] = ['x.efi', 'x.img', 'vars'].map((name) => join(folder, name)) as [
		string,
		string,
		string,
	];
	writeFileSync(program, 'MZ');
	const record = Buffer.alloc(512, 1);
	record.writeUInt16LE(0xaa55, 510);
	writeFileSync(bios, record);
	const refused = (path: string, secureBoot: string) =>
		t.throws(() => describeMedium(path, { secureBoot }), { instanceOf: SlipwayError })?.message;
	t.regex(refused(program, variables) ?? '', /vars: the file can't be read\. "slipway keys new DIR" makes/);
	writeFileSync(variables, 'short');
	t.regex(
		refused(program, variables) ?? '',
		/expected variables of the firmware, a file of 540672 bytes.*DIR\/OVMF_VARS\.fd/,
	);
	t.regex(refused(bios, variables) ?? '', /^--secure-boot is for UEFI, and .*x\.img is booted by BIOS\./);
	copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', variables);
	t.like(describeMedium(program, { secureBoot: variables }).uefi, { variables, isSecure: true });
});

test('describeMedium() refuses what the machine of another processor does not have', (t) => {
	const program = join(scratchFolder(t), 'x.efi');
	writeFileSync(program, 'MZ'.padEnd(512));
	const disk = join(scratchFolder(t), 'x-efi.qcow2');
	writeFileSync(disk, '');
	const error = (path: string, choice: MediumChoice) =>
		t.throws(() => describeMedium(path, choice, processors.arm64), { code: 'BAD_INPUT' })?.message ?? '';
	t.regex(error(disk, { firmware: 'bios' }), /^Machines for arm64 have no BIOS\. /);
	t.regex(error(disk, { drive: 'sata' }), /^--drive sata: the machine for arm64 starts from no SATA disk\. /);
	const ofAnother = '/usr/share/OVMF/OVMF_VARS_4M.fd';
	t.regex(
		error(program, { secureBoot: ofAnother }),
		/expected variables of the firmware, a file of 67108864 bytes.*DIR\/AAVMF_VARS\.fd/,
	);
});

test('describeMedium() keeps what is written to a disk alone', (t) => {
	const folder = scratchFolder(t);
	const disk = join(folder, 'x-efi.qcow2');
	writeFileSync(disk, '');
	t.is(describeMedium(disk, { keep: true }).keep, true);
	t.is(describeMedium(disk, {}).keep, undefined);
	for (const name of ['x.iso', 'x.efi', 'x.vmdk']) {
		const path = join(folder, name);
		writeFileSync(path, 'MZ'.padEnd(512));
		t.throws(() => describeMedium(path, { keep: true }), {
			code: 'BAD_INPUT',
			message:
				/^--keep is for disks that can be written to, and .*\/x\.\w+ is none\. Build a format such as raw-efi/,
		});
	}
});

test.serial('slipway build --size makes a disk larger, and is refused without one', async (t) => {
	const out = await build(t, 'raw-efi', '--size', '1G');
	const path = join(out, 'web-efi.img');
	t.is(statSync(path).size, 2 ** 30);
	t.true(statSync(path).blocks * 512 < 2 ** 28, 'the space takes no room');
	const { stdout } = await runProgram('sfdisk', ['--dump', path]);
	t.regex(stdout, /name="data"/);
	await t.throwsAsync(build(t, 'uki', '--size', '1G'), {
		message:
			/^--size is the size of a disk, and none is built: uki\. Formats with one: raw-bios, raw-efi, .*gcp\.$/,
	});
	await t.throwsAsync(build(t, 'raw-efi', '--size', 'big'), {
		message: '--size big: expected a number with M, G or T, such as 512M or 4G.',
	});
});

test('describeMedium() refuses a file that no firmware boots', (t) => {
	const folder = scratchFolder(t);
	for (const name of ['x.img', 'x.iso', 'x.efi']) {
		writeFileSync(join(folder, name), 'nothing');
		t.throws(() => describeMedium(join(folder, name), {}), {
			code: 'BAD_INPUT',
			message: /can't be booted: it /,
		});
	}
});
