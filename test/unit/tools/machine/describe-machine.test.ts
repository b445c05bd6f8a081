import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { describeMachine, type MachineRequest } from '../../../../tools/machine/describe-machine.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { smallRequest } from './small-request.ts';

const refused = test.macro({
	exec(t, choice: Partial<MachineRequest>, message: RegExp) {
		const name = join(scratchFolder(t), 'web');
		for (const ending of ['kernel', 'initrd.img', 'cmdline']) writeFileSync(`${name}-${ending}`, '');
		t.throws(() => describeMachine({ ...smallRequest, name, ...choice }), { code: 'BAD_INPUT', message });
	},
	title: (_, choice: Partial<MachineRequest>) =>
		`describeMachine() refuses ${Object.keys(choice).join()} for a kernel with an initrd`,
});

test(
	refused,
	{ firmware: 'uefi' },
	/^.*\/web is a kernel with an initrd, .* --firmware and --drive are for media/,
);
test(
	refused,
	{ secureBoot: 'vars' },
	/^.*\/web is a kernel with an initrd, .* --secure-boot is for media for EFI/,
);
test(
	refused,
	{ keep: true },
	/^.*\/web is a kernel with an initrd, .* --keep is for media such as NAME-efi\.img/,
);

/** A kernel's head as EFI reads it, which promises `sizeBytes`. */
function kernelHead(sizeBytes: number): Buffer {
	const head = Buffer.alloc(4096);
	head.write('MZ', 0, 'latin1');
	head.write('HdrS', 0x202, 'latin1');
	head.writeUInt32LE(0x400, 0x3c);
	head.write('PE\0\0', 0x400, 'latin1');
	head.writeUInt16LE(1, 0x406);
	head.writeUInt32LE(sizeBytes, 0x418 + 16);
	return head;
}

const damaged = test.macro({
	exec(t, kernel: Buffer | null, initrd: string, message: RegExp) {
		const name = join(scratchFolder(t), 'web');
		if (kernel === null) mkdirSync(`${name}-kernel`);
		else writeFileSync(`${name}-kernel`, kernel);
		writeFileSync(`${name}-initrd.img`, initrd);
		writeFileSync(`${name}-cmdline`, '');
		t.throws(() => describeMachine({ ...smallRequest, name }), { code: 'BAD_INPUT', message });
	},
	title: (title) => `describeMachine() refuses ${title}, before QEMU does in words of its own`,
});

test(
	'a kernel that was cut',
	damaged,
	kernelHead(5000),
	'initrd',
	/web-kernel can't be booted: its end is missing: it has 4096 bytes of at least 5000\. Build it, or copy it, once more\./,
);
test('an empty kernel', damaged, Buffer.alloc(0), 'initrd', /web-kernel can't be booted: it is empty\./);
test(
	'a text as a kernel',
	damaged,
	Buffer.from('a text'),
	'i',
	/web-kernel can't be booted: it is no kernel\./,
);
test('a directory as a kernel', damaged, null, 'i', /web-kernel can't be booted: it is a directory\./);
test('an empty initrd', damaged, kernelHead(4096), '', /web-initrd\.img can't be booted: it is empty\./);
