// The options of LinuxKit's `build` and `run` that slipway has under no name: taken where they ask for what happens anyway, else
// answered with what to do here. Those with another name here are `aliases` in the option tables.

import { type ForeignOptions, foreignFlag, foreignOption } from '../terminal/arguments.ts';

export const linuxkitBuildOptions: ForeignOptions = {
	docker: foreignFlag(
		'slipway asks no Docker for images. Import one: docker save IMAGE | slipway cache import -',
	),
	'disable-content-trust': foreignFlag(
		'slipway verifies signatures only where --verify-key or "trust" asks for it.',
	),
	'decompress-kernel': foreignFlag('slipway writes the kernel as its image has it.'),
	'input-tar': foreignOption('slipway packs no tar again. Give it the YAML file.'),
	'no-sbom': foreignFlag(null),
	'sbom-output': foreignOption('slipway names the file NAME.spdx.json. Write --sbom.'),
	'sbom-current-time': foreignFlag('slipway writes the same bytes each time. Write --sbom.'),
	'dry-run': foreignFlag('"slipway validate FILE.yml" checks the YAML without a build.'),
	o: foreignOption('slipway writes files. Write --dir DIR and --name NAME.'),
	hyperkit: foreignFlag('slipway boots with QEMU only.'),
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
	uefi: foreignFlag(
		'write --firmware uefi for a medium, such as NAME.iso. A kernel with an initrd boots without firmware.',
	),
	fw: foreignOption('slipway takes the OVMF of this machine. Write --firmware uefi.'),
	iso: foreignFlag(null),
	kernel: foreignFlag(null),
	squashfs: foreignFlag(
		'build with --format kernel+squashfs, and "slipway run NAME" takes the root as a disk.',
	),
	gui: foreignFlag('slipway shows the console in the terminal; a guest has no screen.'),
	qemu: foreignOption('slipway takes qemu-system-x86_64 of PATH.'),
	state: foreignOption('name the directory with the system: slipway run DIR/NAME.'),
	containerized: foreignFlag('slipway takes the QEMU of this machine.'),
	device: foreignOption(noDevice),
	usb: foreignFlag(noDevice),
	virtiofs: foreignOption(
		'slipway shares no directory with the guest. Give it files by "files" in the YAML, or --data.',
	),
	ignition: foreignOption('--data FILE gives the guest a file, for the package metadata and for cloud-init.'),
	vsock: foreignFlag(noDevice),
};
