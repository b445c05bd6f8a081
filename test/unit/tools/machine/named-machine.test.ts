import { join, resolve } from 'node:path';
import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import type { MachineRequest } from '../../../../tools/machine/describe-machine.ts';
import { machineBases } from '../../../../tools/machine/machine-directories.ts';
import { findMachine } from '../../../../tools/machine/machine-state.ts';
import { nameMachine } from '../../../../tools/machine/named-machine.ts';
import type { MachineOptions } from '../../../../tools/machine/qemu-arguments.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const request: MachineRequest = {
	name: 'out/web.raw',
	memoryMegabytes: 512,
	cpus: 2,
	publish: [],
	disks: [
		{ file: 'data.img', sizeBytes: 10_000_000, format: 'raw' },
		{ file: null, sizeBytes: 20_000_000, format: 'qcow2' },
	],
	data: 'a secret',
	accelerator: 'tcg',
	append: '',
	arch: 'arm64',
	firmware: 'uefi',
	drive: 'virtio',
	secureBoot: 'keys/secure.fd',
	keep: true,
};

const options: MachineOptions = {
	processor: processors.amd64,
	kernel: 'kernel',
	initrd: 'initrd',
	root: null,
	commandLine: '',
	memoryMegabytes: 512,
	cpus: 2,
	accelerator: 'tcg',
	publish: [],
	disks: [],
};

test('nameMachine() records all that a restart needs, wherever that is typed', async (t) => {
	const folder = scratchFolder();
	const bases = machineBases({ XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') });
	await nameMachine(bases, 'web', request, options, false);
	const [data, unnamed] = request.disks;
	t.deepEqual(findMachine(bases, 'web').record.request, {
		...request,
		name: resolve('out/web.raw'),
		disks: [{ ...data, file: resolve('data.img') }, unnamed],
		data: null,
		secureBoot: resolve('keys/secure.fd'),
	} as MachineRequest);
});
