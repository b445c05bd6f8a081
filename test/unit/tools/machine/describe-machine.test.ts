import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { describeMachine, type MachineRequest } from '../../../../tools/machine/describe-machine.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const refused = test.macro({
	exec(t, choice: Partial<MachineRequest>, message: RegExp) {
		const name = join(scratchFolder(t), 'web');
		for (const ending of ['kernel', 'initrd.img', 'cmdline']) writeFileSync(`${name}-${ending}`, '');
		const request: MachineRequest = {
			name,
			memoryMegabytes: 512,
			cpus: 1,
			publish: [],
			disks: [],
			data: null,
			accelerator: 'tcg',
			append: '',
		};
		t.throws(() => describeMachine({ ...request, ...choice }), { code: 'BAD_INPUT', message });
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
