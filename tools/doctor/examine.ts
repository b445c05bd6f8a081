// Judges what a machine has: what works, what is missing for which purpose, and what to type. Pure.

import {
	hostProcessor,
	type Processor,
	type ProcessorName,
	processors,
} from '../../supervisor/contract/processors.ts';
import { firmwarePackages } from '../machine/firmware.ts';
import { neededTools, outputFormats } from '../output/formats.ts';
import { type MediaToolName, mediaToolNames, mediaTools } from '../output/media-tools.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { HostFacts } from './read-host.ts';

/** `missing`: something that `build` or `run` can't do without. `limited`: all works but what the text says. */
export type FindingState = 'ok' | 'limited' | 'missing';

export interface Finding {
	readonly name: string;
	readonly state: FindingState;
	/** What was found, or what does not work without it. */
	readonly text: string;
	/** What to type or do; null when nothing is to be done. */
	readonly advice: string | null;
}

type Manager = 'apt-get' | 'dnf' | 'pacman' | 'apk';

interface Tool {
	readonly name: string;
	readonly purpose: string;
	/** The package that has it, by package manager; one that is left out does not have it. */
	readonly packages: Partial<Readonly<Record<Manager, string>>>;
	readonly isRequired?: true;
}

const everywhere = (name: string) => ({ 'apt-get': name, dnf: name, pacman: name, apk: name });

const otherProcessors: readonly Processor[] = Object.values(processors).filter(
	(each) => each !== hostProcessor,
);

const tools: readonly Tool[] = [
	{
		name: hostProcessor.qemu.program,
		purpose: 'nothing can be booted: slipway run',
		packages: hostProcessor.qemu.packages,
		isRequired: true,
	},
	...otherProcessors.map(({ name, qemu }) => ({
		name: qemu.program,
		purpose: `no system for ${name} can be booted: slipway run --arch ${name}`,
		packages: qemu.packages,
	})),
	{
		name: 'lz4',
		purpose: 'no system can be built but with --root unpacked: slipway build',
		packages: everywhere('lz4'),
		isRequired: true,
	},
	{
		name: 'xz',
		purpose: 'no smallest root image can be built: slipway build --compression best',
		packages: { 'apt-get': 'xz-utils', dnf: 'xz', pacman: 'xz', apk: 'xz' },
	},
	{
		name: 'qemu-img',
		purpose: 'no disk in the format qcow2 can be made: slipway run --disk',
		packages: { 'apt-get': 'qemu-utils', dnf: 'qemu-img', pacman: 'qemu-img', apk: 'qemu-img' },
	},
	{
		name: 'ssh',
		purpose: 'no machine elsewhere can be reached: --host',
		packages: {
			'apt-get': 'openssh-client',
			dnf: 'openssh-clients',
			pacman: 'openssh',
			apk: 'openssh-client',
		},
	},
	{
		name: 'sbsign',
		purpose: 'no EFI program can be signed: slipway build --sign-key',
		packages: mediaTools.sbsign.packages,
	},
	{
		name: 'swtpm',
		purpose: 'no machine can have a TPM: slipway run --tpm',
		packages: mediaTools.swtpm.packages,
	},
	{
		name: 'openssl',
		purpose: 'no keys of Secure Boot can be made: slipway keys new',
		packages: everywhere('openssl'),
	},
	{
		name: 'apt-get',
		purpose: 'no system package can be built: slipway pkg build takes its programs from Debian or Ubuntu',
		packages: {},
	},
	{
		name: 'dpkg-deb',
		purpose: 'no system package can be built: slipway pkg build',
		packages: everywhere('dpkg'),
	},
	{
		name: 'readelf',
		purpose: 'no system package can be built: slipway pkg build',
		packages: everywhere('binutils'),
	},
	{
		name: 'depmod',
		purpose: 'no kernel package can be built: slipway pkg build',
		packages: everywhere('kmod'),
	},
];

const toolNames: ReadonlySet<string> = new Set(tools.map(({ name }) => name));

/** The programs and files of single formats, without the stubs of other processors. */
const formatTools: readonly MediaToolName[] = mediaToolNames.filter((name) => {
	const isForeign = Object.values(processors).some(
		({ efi }) => efi.stub === name && efi !== hostProcessor.efi,
	);
	return !isForeign && !toolNames.has(name);
});

const installs: Readonly<Record<Manager, string>> = {
	'apt-get': 'apt-get install',
	dnf: 'dnf install',
	pacman: 'pacman -S',
	apk: 'apk add',
};

const managers = Object.keys(installs) as readonly Manager[];

/** The programs that `readHost()` looks for. */
export const examinedPrograms: readonly string[] = [
	...new Set([...tools.map(({ name }) => name), ...managers]),
];

/** A system and what is kept of it; below that, the first build may fill the disk. */
const littleSpaceBytes = 1_000_000_000;

export function examine(host: HostFacts): readonly Finding[] {
	return [
		examineSystem(host),
		...tools.map((tool) => examineTool(tool, host)),
		...formatTools.map((name) => examineMediaTool(name, host)),
		...Object.values(processors).map((processor) => examineFirmware(processor, host)),
		examineKvm(host),
		...examineStore(host),
	];
}

function examineSystem({ platform, architecture, kernel }: HostFacts): Finding {
	const all = Object.values(processors);
	const own = all.find(({ nodeArch }) => nodeArch === architecture)?.name;
	const text = `${platform} ${kernel}, ${own ?? architecture}`;
	if (platform === 'linux' && own !== undefined) return ok('system', text);
	const names = all.map(({ name }) => name);
	return {
		name: 'system',
		state: 'missing',
		text: `${text}: slipway runs on Linux on ${names.join(' and ')}`,
		advice: `use a Linux machine with a processor of these: ${names.join(', ')}`,
	};
}

function examineTool({ name, purpose, packages, isRequired }: Tool, host: HostFacts): Finding {
	const path = host.programs.get(name);
	if (path !== undefined) {
		const isQemu = name === hostProcessor.qemu.program;
		if (!isQemu || host.qemuVersion !== null) return ok(name, isQemu ? `${path}, ${host.qemuVersion}` : path);
		return {
			name,
			state: 'missing',
			text: `${path} does not start: ${purpose}`,
			advice: `${path} --version`,
		};
	}
	return {
		name,
		state: isRequired === true ? 'missing' : 'limited',
		text: `not found, so ${purpose}`,
		advice: installAdvice(packages, host),
	};
}

/** Returns null for a package manager that does not have it. */
function installAdvice(packages: Tool['packages'], host: HostFacts): string | null {
	const manager = managers.find((each) => host.programs.has(each));
	const found = manager === undefined ? undefined : packages[manager];
	if (manager === undefined || found === undefined) return null;
	return `${host.user === 'root' ? '' : 'sudo '}${installs[manager]} ${found}`;
}

function examineMediaTool(name: MediaToolName, host: HostFacts): Finding {
	const path = host.mediaTools.get(name);
	if (path !== undefined) return ok(name, path);
	const formats = outputFormats
		.filter((each) => neededTools(each, hostProcessor).includes(name))
		.map((each) => each.name);
	return {
		name,
		state: 'limited',
		text: `not found, so these can't be made: slipway build --format ${formats.join(', ')}`,
		advice: installAdvice(mediaTools[name].packages, host),
	};
}

/** The names that the projects and most packages have for the firmware. */
const firmwareNames: Readonly<Record<ProcessorName, string>> = { amd64: 'ovmf', arm64: 'aavmf' };

function examineFirmware({ name }: Processor, host: HostFacts): Finding {
	const path = host.firmware[name];
	if (path !== null) return ok(firmwareNames[name], path);
	return {
		name: firmwareNames[name],
		state: 'limited',
		text: `not found, so no medium for EFI on ${name} can be booted: slipway run NAME.efi`,
		advice: installAdvice(firmwarePackages[name], host),
	};
}

/** Without KVM all works, several times slower. */
function examineKvm({ architecture, kvmExists, virtualization, user }: HostFacts): Finding {
	if (virtualization.kvmDevice && virtualization.cpuFlag) return ok('kvm', '/dev/kvm');
	const slow = 'guests are emulated, which is several times slower';
	const limited = (text: string, advice: string | null): Finding => ({
		name: 'kvm',
		state: 'limited',
		text: `${text}: ${slow}`,
		advice,
	});
	if (!virtualization.cpuFlag) return limited('the processor offers no virtualization (vmx, svm)', null);
	// Only the kernels for amd64 have it as a module.
	const load = architecture === processors.amd64.nodeArch ? 'modprobe kvm_intel or kvm_amd, as root' : null;
	if (!kvmExists) return limited('there is no /dev/kvm', load);
	return limited('/dev/kvm is not yours to open', `sudo usermod -aG kvm ${user}, then log in again`);
}

function examineStore({ store, packages }: HostFacts): readonly Finding[] {
	const text = `${store.folder}${store.exists ? '' : ' (not there yet)'}, ${formatSize(store.freeBytes)} free`;
	const elsewhere = 'name another directory by --cache DIR or SLIPWAY_CACHE';
	const space: Finding = !store.isWritable
		? { name: 'store', state: 'missing', text: `${text}: not writable`, advice: elsewhere }
		: store.freeBytes < littleSpaceBytes
			? {
					name: 'store',
					state: 'limited',
					text: `${text}: a build may not fit`,
					advice: `slipway cache prune, or ${elsewhere}`,
				}
			: ok('store', text);
	const shipped: Finding =
		packages === null
			? {
					name: 'packages',
					state: 'limited',
					text: 'none beside this program: systems use what the store has or a registry gives',
					advice: 'in a clone: make packages; else: install the Debian package of slipway',
				}
			: ok('packages', packages);
	return [space, shipped];
}

function ok(name: string, text: string): Finding {
	return { name, state: 'ok', text, advice: null };
}
