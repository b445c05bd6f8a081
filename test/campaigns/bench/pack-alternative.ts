// What a person would type to pack the same system from the same images without us. Scripts for bash, for a folder
// that is theirs alone.

import type { SystemConfig } from '../../../tools/config/system-config.ts';
import { formatReference, parseReference } from '../../../tools/images/reference.ts';

/** Every image at its place under `root/`, the kernel's under `kernel/`. */
export function unpackScript(config: SystemConfig, store: string): string {
	const image = (name: string): string => `--image '${store}:${formatReference(parseReference(name))}'`;
	const bundle = (name: string, path: string): string =>
		`umoci unpack ${image(name)} 'root/containers/${path}'`;
	const kernel = config.kernel === null ? [] : [`umoci raw unpack ${image(config.kernel.image)} kernel`];
	return [
		'rm -rf root kernel out && mkdir -p root/containers/onboot root/containers/services out',
		...kernel,
		'if [ -e kernel/kernel.tar ]; then tar -xf kernel/kernel.tar -C root; fi',
		...config.init.map(({ image: name }) => `umoci raw unpack ${image(name)} root`),
		...config.onboot.map(({ image: name, name: as }, index) =>
			bundle(name, `onboot/${String(index).padStart(3, '0')}-${as}`),
		),
		...config.services.map(({ image: name, name: as }) => bundle(name, `services/${as}`)),
	].join('\n');
}

export const initrdScript = [
	'cp kernel/kernel out/kernel',
	'(cd root; find . | cpio -o -H newc --quiet) | zstd -T0 -q -f -o out/initrd.img',
].join('\n');

/** What Slipway's default root is: one image by lz4, in an initrd that is not compressed. */
export const squashfsScript = [
	'cp kernel/kernel out/kernel',
	'mksquashfs root out/root.squashfs -comp lz4 -Xhc -b 64K -quiet -no-progress',
	'(cd out; echo root.squashfs | cpio -o -H newc --quiet) > out/initrd.img',
].join('\n');

export const tarScript = 'tar -C root -cf out/system.tar .';

export const tarGzipScript = 'tar -C root -c . | gzip > out/system.tar.gz';
