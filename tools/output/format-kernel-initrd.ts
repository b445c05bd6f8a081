// `kernel+initrd`: a kernel, an initrd with the root (pack-initrd.ts) and the kernel's command line.

import { writingIntact } from './boot-files.ts';
import type { OutputFormat } from './format.ts';

export const kernelInitrdEndings = {
	kernel: '-kernel',
	initrd: '-initrd.img',
	commandLine: '-cmdline',
} as const;

export const kernelInitrdFormat: OutputFormat = {
	name: 'kernel+initrd',
	description: 'for boot loaders and "slipway run"',
	endings: [kernelInitrdEndings.kernel, kernelInitrdEndings.initrd, kernelInitrdEndings.commandLine],
	boot: kernelInitrdEndings,
	async write(job) {
		const { output, files, report } = job;
		const boot = await writingIntact(job, async ({ kernel, initrd, commandLine }) => {
			if (kernel !== null) await files.join(`${output}${kernelInitrdEndings.kernel}`, kernel.sources);
			await files.join(`${output}${kernelInitrdEndings.initrd}`, initrd.sources);
			if (kernel !== null)
				await files.join(`${output}${kernelInitrdEndings.commandLine}`, [Buffer.from(commandLine)]);
		});
		report(boot.memoryLine);
		if (boot.kernel !== null) return Object.values(kernelInitrdEndings);
		report('The configuration names no kernel: only the initrd is written.');
		return [kernelInitrdEndings.initrd];
	},
};
