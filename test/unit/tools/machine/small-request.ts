import type { MachineRequest } from '../../../../tools/machine/describe-machine.ts';

/** What tests ask of a machine that need not boot. */
export const smallRequest: Omit<MachineRequest, 'name'> = {
	memoryMegabytes: 64,
	cpus: 1,
	publish: [],
	disks: [],
	data: null,
	accelerator: 'tcg',
	append: '',
};
