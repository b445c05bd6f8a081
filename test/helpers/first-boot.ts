// Boots of the first program (native/first) with a root of two files, which take a second or two: no Node, no container.
// The kernel is the one of the system packages.

import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildStaticProgram } from '../../tools/build/build-static-program.ts';
import { wordSum } from '../../tools/files/word-sum.ts';
import { findProgram, runProgram } from './program.ts';
import { type Owner, scratchFolder } from './scratch.ts';
import { buildSystem } from './system.ts';

export interface FirstBoot {
	/** The root: a squashfs. */
	readonly image: string;
	initrd(options?: InitrdOptions): Promise<string>;
	/** Returns what the console showed until the machine ended. */
	boot(initrd: string, append: string, options?: BootOptions): Promise<string>;
}

interface InitrdOptions {
	/** Another file as the root, or none. */
	readonly image?: string | null;
	/** A file whose sum the root is said to have; by default the root itself. */
	readonly sumOf?: string | undefined;
	/** Names of kernel modules in their order, or files. */
	readonly modules?: readonly string[];
	/** Changes a file of the initrd after its sum was made. */
	readonly damage?: (tree: string) => void;
}

interface BootOptions {
	readonly disk?: string;
	/** QEMU's name of the processor. */
	readonly cpu?: string;
}

/** What drives a loop device with a squashfs, and a disk of QEMU. */
export const imageModules = ['loop', 'squashfs'];
export const diskModules = [
	...['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk'],
	'squashfs',
];
/** What checks signatures of the others with fewer instructions. */
export const hashModule = 'sha256-ssse3';
/** What checks a root on a disk, before the last one mounts it. */
export const verityModules = ['dm-mod', 'dm-bufio', 'reed_solomon', 'dm-verity'];

/** The root's /init shows what it was given and what it sees, and ends the machine. */
const rootInit = `#!/bin/busybox sh
busybox mount -t proc proc /proc
echo "init $$: $*, a is $a"
echo "root: $(busybox awk '$2 == "/"' /proc/mounts)"
echo "loop: $(busybox mount -t sysfs sys /sys && busybox cat /sys/block/loop0/loop/backing_file)"
echo "modules: $(busybox cut -d ' ' -f 1 /proc/modules | busybox xargs)"
busybox poweroff -f
`;

const yaml = `
kernel: {image: slipway/kernel:v1, cmdline: console=ttyS0}
init: [slipway/init:v1]
`;

export async function prepareFirstBoot(owner: Owner): Promise<FirstBoot> {
	const folder = scratchFolder(owner);
	const system = await buildSystem('first-boot', yaml, '--format', 'kernel+initrd', '--format', 'tar');
	await must('tar', ['-xf', `${system}.tar`, '-C', folder, 'lib/modules']);
	const found = await must('find', [join(folder, 'lib/modules'), '-name', '*.ko']);
	const modulePaths = new Map(found.split('\n').map((path) => [basename(path, '.ko'), path]));
	const image = join(folder, 'root.squashfs');
	await makeRoot(join(folder, 'root'), image);
	const program = join(folder, 'first-program');
	await buildStaticProgram('first-program', program);
	let count = 0;
	return {
		image,
		async initrd({ image: root = image, sumOf, modules = imageModules, damage } = {}) {
			const tree = join(folder, `initrd-${++count}`);
			const names = ['init', 'modules'];
			mkdirSync(join(tree, 'modules'), { recursive: true });
			cpSync(program, join(tree, 'init'));
			for (const [index, name] of modules.entries()) {
				const file = `modules/${String(index).padStart(2, '0')}-${basename(name, '.ko')}.ko`;
				cpSync(modulePaths.get(name) ?? name, join(tree, file));
				names.push(file);
			}
			const small = names.filter((name) => name !== 'modules');
			const sums = small.map((name) => `${sumOfFile(join(tree, name))} /${name}\n`);
			writeFileSync(join(tree, 'files.sums'), sums.join(''));
			names.push('files.sums');
			damage?.(tree);
			if (root !== null) {
				cpSync(root, join(tree, 'root.squashfs'));
				const size = `${statSync(root).size}\n${sumOfFile(sumOf ?? root)}\n`;
				writeFileSync(join(tree, 'root.size'), size);
				names.push('root.squashfs', 'root.size');
			}
			const archive = `${tree}.cpio`;
			await must('cpio', ['-o', '-H', 'newc', '--quiet', '-O', archive], names.join('\n'), tree);
			rmSync(tree, { recursive: true });
			return archive;
		},
		async boot(initrd, append, { disk, cpu = 'max' } = {}) {
			const drive = disk === undefined ? [] : ['-drive', `file=${disk},format=raw,if=virtio,readonly=on`];
			const machine = ['-machine', 'q35', '-accel', 'tcg', '-cpu', cpu, '-m', '256', '-nic', 'none'];
			const commandLine = `console=ttyS0 quiet panic=-1 cryptomgr.notests ${append}`;
			const guest = ['-kernel', `${system}-kernel`, '-initrd', initrd, '-append', commandLine];
			const ending = ['-nographic', '-no-reboot'];
			return await must('timeout', ['300', 'qemu-system-x86_64', ...machine, ...drive, ...guest, ...ending]);
		},
	};
}

function sumOfFile(path: string): string {
	const sum = wordSum();
	sum.add(readFileSync(path));
	return sum.digest();
}

async function makeRoot(tree: string, image: string): Promise<void> {
	for (const name of ['bin', 'proc', 'sys', 'dev']) mkdirSync(join(tree, name), { recursive: true });
	cpSync(findProgram('busybox') ?? 'busybox', join(tree, 'bin/busybox'));
	writeFileSync(join(tree, 'init'), rootInit, { mode: 0o755 });
	await must('mksquashfs', [tree, image, '-comp', 'lz4', '-quiet', '-no-progress', '-all-root']);
}

async function must(program: string, args: readonly string[], input = '', cwd = '.'): Promise<string> {
	const done = await runProgram(program, args, { input, cwd });
	if (done.exitCode !== 0)
		throw new Error(`${program} ended with ${done.exitCode}: ${done.stderr}${done.stdout}`);
	return done.stdout.replaceAll('\r', '').trim();
}
