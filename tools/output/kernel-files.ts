// The kernel's own files: its binary and microcode, read out of its image once and kept, and its command line in the YAML.

import type { CheckedFile } from '../files/joined.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { imageFile, NoImageFile, noMicrocodeLine } from '../system/kernel-image.ts';
import type { OutputJob } from './format.ts';

export interface Kernel {
	readonly image: StoredImage;
	/** Paths in the image. */
	readonly binary: string;
	readonly ucode: string | null;
	readonly commandLine: string;
}

export interface KernelFiles {
	/** Is null without a kernel in the configuration. */
	readonly binary: CheckedFile | null;
	/** At most one file. The kernel looks for it at the very start of an initrd (Documentation/arch/x86/microcode.rst). */
	readonly microcode: readonly CheckedFile[];
}

export function kernelOf(plan: Plan): Kernel | null {
	if (plan.config.kernel === null) return null;
	const { image: name, binary = 'kernel', ucode = null, cmdline = '' } = plan.config.kernel;
	return { image: imageOf(plan, name), binary, ucode, commandLine: cmdline };
}

/** Reads the kernel's files while `packing` runs. Waits for all also when one fails: they use the caller's directory. */
export async function withKernelFiles<T>(
	{ blobs, cache, report }: OutputJob,
	kernel: Kernel | null,
	packing: Promise<T>,
): Promise<KernelFiles & { readonly packed: T }> {
	const fromImage = ({ image }: Kernel, path: string): Promise<CheckedFile> =>
		cache.file(`${image.manifest.digest} ${path}`, `/${path} of ${image.reference}`, () =>
			imageFile(blobs, image, path),
		);
	const readMicrocode = async (): Promise<readonly CheckedFile[]> => {
		if (kernel === null || kernel.ucode === null) return [];
		try {
			return [await fromImage(kernel, kernel.ucode)];
		} catch (error) {
			if (!(error instanceof NoImageFile)) throw error;
			report(noMicrocodeLine(kernel.image, kernel.ucode));
			return [];
		}
	};
	const binary = kernel === null ? null : fromImage(kernel, kernel.binary);
	const microcode = readMicrocode();
	await Promise.allSettled([packing, binary, microcode]);
	return { packed: await packing, binary: await binary, microcode: await microcode };
}
