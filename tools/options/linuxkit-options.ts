// The options of LinuxKit's `build` and `run` that slipway has under no name: taken where they ask for what happens anyway, else
// answered with what to do here. Those with another name here are `aliases` in the option tables.

import type { ForeignOption, ForeignOptions } from '../terminal/arguments.ts';

function flag(sentence: string | null): ForeignOption {
	return { takesValue: false, answer: () => sentence };
}

function valued(sentence: string | null): ForeignOption {
	return { takesValue: true, answer: () => sentence };
}

export const linuxkitBuildOptions: ForeignOptions = {
	size: valued('no output has a fixed size: each is as large as what is in it.'),
	docker: flag('slipway asks no Docker for images. Import one: docker save IMAGE | slipway cache import -'),
	'disable-content-trust': flag(
		'slipway verifies signatures only where --verify-key or "trust" asks for it.',
	),
	'decompress-kernel': flag('slipway writes the kernel as its image has it.'),
	'input-tar': valued('slipway packs no tar again. Give it the YAML file.'),
	'no-sbom': flag(null),
	'sbom-output': valued('slipway names the file NAME.spdx.json. Write --sbom.'),
	'sbom-current-time': flag('slipway writes the same bytes each time. Write --sbom.'),
	'dry-run': flag('"slipway validate FILE.yml" checks the YAML without a build.'),
	o: valued('slipway writes files. Write --dir DIR and --name NAME.'),
	hyperkit: flag('slipway boots with QEMU only.'),
};

const noDevice = 'slipway has no option for this device of QEMU.';

export const linuxkitRunOptions: ForeignOptions = {
	networking: {
		takesValue: true,
		answer: (value) =>
			/^(default|user)$/.test(value)
				? null
				: `slipway runs the guest behind QEMU's user network only, not ${value}. Forward ports with --publish HOST:GUEST.`,
	},
	uefi: flag(
		'write --firmware uefi for a medium, such as NAME.iso. A kernel with an initrd boots without firmware.',
	),
	fw: valued('slipway takes the OVMF of this machine. Write --firmware uefi.'),
	iso: flag(null),
	kernel: flag(null),
	squashfs: flag('build with --format kernel+squashfs, and "slipway run NAME" takes the root as a disk.'),
	gui: flag('slipway shows the console in the terminal; a guest has no screen.'),
	qemu: valued('slipway takes qemu-system-x86_64 of PATH.'),
	state: valued('name the directory with the system: slipway run DIR/NAME.'),
	containerized: flag('slipway takes the QEMU of this machine.'),
	device: valued(noDevice),
	usb: flag(noDevice),
	virtiofs: valued(
		'slipway shares no directory with the guest. Give it files by "files" in the YAML, or --data.',
	),
	ignition: valued('--data FILE gives the guest a file, for the package metadata and for cloud-init.'),
	vsock: flag(noDevice),
};
