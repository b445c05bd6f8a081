// Turns the description of a machine into QEMU's command line. Pure.
//
// These options boot fastest as measured: the processor's newest machine, no default devices, no option ROM on the network
// card (no iPXE wait), two serial ports: the console and the guest's events.

import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import type { Accelerator } from './accelerator.ts';
import type { BootMedium } from './boot-medium.ts';
import { type MachinePlace, machineFiles } from './machine-directories.ts';
import type { PublishedPort } from './published-port.ts';

export type MachineOptions = MachineHardware & (DirectBoot | FirmwareBoot);

/** QEMU starts the kernel itself. */
export interface DirectBoot {
	readonly kernel: string;
	readonly initrd: string;
	/** The kernel's command line, complete but for what the emulation of a processor needs. */
	readonly commandLine: string;
	/** The image of the root, `/dev/vda` in the guest; null when the initrd has the root. */
	readonly root?: string | null;
}

/** Firmware starts what is on the medium. */
export interface FirmwareBoot {
	readonly medium: BootMedium;
}

export interface MachineHardware {
	/** The guest's processor; that of the host when it is left out. */
	readonly processor?: Processor;
	readonly memoryMegabytes: number;
	readonly cpus: number;
	readonly accelerator: Accelerator;
	readonly publish: readonly PublishedPort[];
	/** Disk images. They follow the root's or the medium's. */
	readonly disks?: readonly Disk[];
	/** A config drive, the last disk. */
	readonly data?: Uint8Array;
	/** The machine has a TPM, which `startTpm()` provides. */
	readonly tpm?: true;
}

export interface Disk {
	readonly path: string;
	readonly format: 'raw' | 'qcow2';
}

/** The file descriptor of the config drive in QEMU. */
const dataDescriptor = 3;

/** @param onReboot - `exit` lets QEMU end when the guest reboots, `reset` boots it again as hardware does */
export function qemuArguments(
	machine: MachineOptions,
	place: MachinePlace,
	onReboot: 'exit' | 'reset' = 'exit',
): string[] {
	const processor = machine.processor ?? hostProcessor;
	return [
		...['-nodefaults', '-no-user-config', '-display', 'none'],
		...(onReboot === 'exit' ? ['-no-reboot'] : []),
		...['-machine', machineType(machine, processor)],
		...['-smp', String(machine.cpus), '-m', String(machine.memoryMegabytes)],
		...acceleratorArguments(machine.accelerator, processor),
		...portArguments(place, processor),
		...controlArguments(place),
		...['-netdev', ['user,id=net0', ...machine.publish.map(forward)].join(',')],
		...['-device', 'virtio-net-pci,netdev=net0,romfile='],
		...['-device', 'virtio-rng-pci'],
		...('medium' in machine
			? mediumArguments(machine.medium, place, processor)
			: rootArguments(machine.root ?? null)),
		...(machine.disks ?? []).flatMap(diskArguments),
		...(machine.data === undefined ? [] : dataArguments),
		...(machine.tpm === undefined ? [] : tpmArguments(place, processor)),
		...('medium' in machine ? [] : directArguments(machine, processor)),
	];
}

function machineType(machine: MachineOptions, { qemu }: Processor): string {
	if (!('medium' in machine)) return qemu.machine;
	const { uefi } = machine.medium;
	// SeaBIOS and its boot loaders show on the console what they do when the machine has no graphics.
	if (uefi === null) return `${qemu.machine},graphics=off`;
	return uefi.isSecure === true ? `${qemu.machine},smm=on` : qemu.machine;
}

/**
 * The console and the event port. QEMU reads each from a FIFO, to which any number of processes may write, and appends what the
 * guest writes to a file. A socket or pipe in place of the file would lose characters when its reader is slow.
 */
export function portArguments(place: MachinePlace, processor: Processor = hostProcessor): string[] {
	const { serialPort } = processor.qemu;
	const { consoleInput, consoleLog, eventInput, eventLog } = machineFiles(place);
	return [
		...['-chardev', `pipe,id=console,path=${pipePath(consoleInput)},${appending(consoleLog)}`],
		...['-serial', 'chardev:console'],
		...['-chardev', `pipe,id=events,path=${pipePath(eventInput)},${appending(eventLog)}`],
		...(serialPort === null
			? ['-serial', 'chardev:events']
			: [
					...['-chardev', 'null,id=unused', '-device', `${serialPort},chardev=unused`],
					...['-device', `${serialPort},chardev=events`],
				]),
	];
}

/** QEMU's monitor, and the guest's port for the control protocol. */
function controlArguments(place: MachinePlace): string[] {
	const { qmp, control } = machineFiles(place);
	const listening = (id: string, path: string): string =>
		`socket,id=${id},path=${escapeComma(path)},server=on,wait=off`;
	return [
		...['-chardev', listening('qmp', qmp), '-mon', 'chardev=qmp,mode=control'],
		...['-chardev', listening('control', control), '-device', 'virtio-serial-pci'],
		...['-device', 'virtserialport,chardev=control,name=slipway.control'],
	];
}

/** QEMU adds `.in` and `.out` to the path of a pipe; `makePorts()` creates both. */
function pipePath(input: string): string {
	return escapeComma(input.replace(/\.in$/, ''));
}

function appending(log: string): string {
	return `logfile=${escapeComma(log)},logappend=on`;
}

function acceleratorArguments(accelerator: Accelerator, { qemu }: Processor): string[] {
	if (accelerator === 'kvm') return ['-accel', 'kvm', '-cpu', 'host'];
	return ['-accel', 'tcg,thread=multi', '-cpu', qemu.emulatedCpu];
}

function directArguments(
	{ kernel, initrd, commandLine, accelerator }: MachineHardware & DirectBoot,
	{ qemu }: Processor,
): string[] {
	const words = [commandLine, accelerator === 'tcg' ? qemu.emulatedCommandLine : ''];
	return ['-kernel', kernel, '-initrd', initrd, '-append', words.filter((word) => word !== '').join(' ')];
}

function forward(port: PublishedPort): string {
	return `hostfwd=${port.protocol}:${port.address}:${port.hostPort}-:${port.guestPort}`;
}

/**
 * `writeback` is QEMU's default: a flush of the guest (fsync, a journal's barrier) returns when the data is on the
 * host's disk, so a power cut of guest or host loses only what was never flushed.
 */
function diskArguments(disk: Disk): string[] {
	const file = `file=${escapeComma(disk.path)},format=${disk.format}`;
	return ['-drive', `${file},if=virtio,cache=writeback,discard=unmap`];
}

function rootArguments(root: string | null): string[] {
	if (root === null) return [];
	return ['-drive', `file=${escapeComma(root)},format=raw,if=virtio,readonly=on`];
}

/**
 * The medium is the first to boot. What the guest writes to it (unless it is kept), and the firmware to its variables, is discarded at the end.
 * The command line is inside, so PID 1 reads among the OEM strings of SMBIOS where the host listens.
 */
function mediumArguments(
	{ path, imageFormat, drive, uefi, keep }: BootMedium,
	place: MachinePlace,
	processor: Processor,
): string[] {
	const flash = (unit: number, file: string, mode: string): string[] => [
		'-drive',
		`if=pflash,format=raw,unit=${unit},file=${escapeComma(file)},${mode}`,
	];
	const written = keep === true ? 'cache=writeback,discard=unmap' : 'snapshot=on';
	const mode = drive === 'cdrom' ? 'readonly=on' : written;
	const file =
		drive === 'program'
			? `file=fat:${escapeComma(machineFiles(place).efiPartition)},format=raw,readonly=on`
			: `file=${escapeComma(path)},format=${imageFormat},${mode}`;
	return [
		...(uefi === null
			? []
			: [...flash(0, uefi.code, 'readonly=on'), ...flash(1, uefi.variables, 'snapshot=on')]),
		// Only the firmware, in its system management mode, may write to the variables.
		...(uefi?.isSecure === true ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
		...['-smbios', `type=11,value=slipway.events=${processor.events}`],
		...['-drive', `id=medium,if=none,${file}`],
		...mediumDevices(drive, processor),
	];
}

/** The last device is the drive. */
function mediumDevices(drive: BootMedium['drive'], { qemu }: Processor): string[] {
	const devices: Readonly<Record<BootMedium['drive'], readonly string[]>> = {
		cdrom: qemu.cdrom,
		virtio: ['virtio-blk-pci'],
		scsi: ['virtio-scsi-pci', 'scsi-hd'],
		sata: ['ide-hd'],
		nvme: ['nvme,serial=slipway'],
		usb: ['qemu-xhci', 'usb-storage'],
		program: ['virtio-blk-pci'],
	};
	return devices[drive].flatMap((device, index, { length }) => [
		'-device',
		index === length - 1 ? `${device},drive=medium,bootindex=0` : device,
	]);
}

const dataArguments = [
	...['-add-fd', `fd=${dataDescriptor},set=1`],
	...['-drive', 'file=/dev/fdset/1,format=raw,if=virtio,readonly=on'],
];

function tpmArguments(place: MachinePlace, { qemu }: Processor): readonly string[] {
	return [
		...['-chardev', `socket,id=tpm,path=${escapeComma(machineFiles(place).tpm)}`],
		...['-tpmdev', 'emulator,id=tpm0,chardev=tpm', '-device', `${qemu.tpm},tpmdev=tpm0`],
	];
}

/** QEMU's option lists double a comma that belongs to a value. */
function escapeComma(value: string): string {
	return value.replaceAll(',', ',,');
}
