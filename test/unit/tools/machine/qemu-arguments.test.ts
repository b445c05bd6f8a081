import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import {
	type DirectBoot,
	type MachineOptions,
	qemuArguments,
} from '../../../../tools/machine/qemu-arguments.ts';
import { runtimeIn } from '../../../../tools/machine/running-machines.ts';

const place = { runtime: '/run/x,y', state: '/state' };

const machine: MachineOptions = {
	kernel: 'a-kernel',
	initrd: 'a-initrd.img',
	commandLine: 'console=ttyS0',
	memoryMegabytes: 512,
	cpus: 2,
	accelerator: 'tcg',
	publish: [{ address: '127.0.0.1', hostPort: 6379, guestPort: 6379, protocol: 'tcp' }],
};

test('qemuArguments() describes the machine', (t) => {
	const args = qemuArguments(machine, place).join(' ');
	t.regex(args, /-smp 2 -m 512/);
	t.regex(args, /-accel tcg,thread=multi -cpu max,-erms,-fsrm /);
	t.regex(args, /-netdev user,id=net0,hostfwd=tcp:127\.0\.0\.1:6379-:6379 /);
	t.regex(args, /-kernel a-kernel -initrd a-initrd\.img -append console=ttyS0 no_timer_check$/);
});

test('qemuArguments() doubles the comma of a path', (t) => {
	const args = qemuArguments(machine, place);
	t.true(args.includes('pipe,id=events,path=/run/x,,y/events,logfile=/state/events.log,logappend=on'));
	t.true(args.includes('socket,id=control,path=/run/x,,y/control,server=on,wait=off'));
	t.is(runtimeIn(['/usr/bin/qemu-system-x86_64', ...args]), '/run/x,y');
});

test('qemuArguments() lets QEMU end at a reboot unless it outlives the command', (t) => {
	t.true(qemuArguments(machine, place).includes('-no-reboot'));
	t.false(qemuArguments(machine, place, 'reset').includes('-no-reboot'));
});

test('qemuArguments() with KVM takes the host processor', (t) => {
	const args = qemuArguments({ ...machine, accelerator: 'kvm' }, place).join(' ');
	t.regex(args, /-accel kvm -cpu host .* -append console=ttyS0$/);
});

test('qemuArguments() attaches disks in their order', (t) => {
	const disks = [
		{ path: 'a,b.img', format: 'raw' },
		{ path: 'c.qcow2', format: 'qcow2' },
	] as const;
	const args = qemuArguments({ ...machine, disks }, place).filter((arg) => arg.startsWith('file='));
	const flushed = 'if=virtio,cache=writeback,discard=unmap';
	t.deepEqual(args, [`file=a,,b.img,format=raw,${flushed}`, `file=c.qcow2,format=qcow2,${flushed}`]);
});

test('qemuArguments() attaches a root as the first disk, for reading', (t) => {
	const disks = [{ path: 'a.img', format: 'raw' }] as const;
	const drives = qemuArguments({ ...machine, disks, root: 'r.img' }, place).filter((arg) =>
		arg.startsWith('file='),
	);
	t.is(drives[0], 'file=r.img,format=raw,if=virtio,readonly=on');
	t.is(drives.length, 2);
});

test('qemuArguments() attaches the config drive as the last disk, for reading', (t) => {
	const disks = [{ path: 'a.img', format: 'raw' }] as const;
	const args = qemuArguments({ ...machine, disks, data: Buffer.alloc(1) }, place);
	const drives = args.filter((arg) => arg.startsWith('file='));
	t.is(drives[1], 'file=/dev/fdset/1,format=raw,if=virtio,readonly=on');
	t.true(args.includes('fd=3,set=1'));
});

test('qemuArguments() describes a machine of another processor, with a second serial port on PCI', (t) => {
	const args = qemuArguments({ ...machine, processor: processors.arm64 }, place).join(' ');
	t.regex(
		args,
		/-machine virt,gic-version=3 -smp 2 -m 512 -accel tcg,thread=multi -cpu max,pauth-impdef=on /,
	);
	const ports = '-device pci-serial,chardev=unused -device pci-serial,chardev=events';
	t.regex(args, new RegExp(`-serial chardev:console .*-chardev null,id=unused ${ports}`));
	t.notRegex(args, /-serial chardev:events/);
});

test('qemuArguments() boots a medium first, by its firmware, and tells PID 1 where events go', (t) => {
	const { kernel: _, initrd: __, commandLine: ___, ...hardware } = machine as MachineOptions & DirectBoot;
	const uefi = { code: '/code', variables: '/vars' };
	const disk = { path: 'a,b.img', imageFormat: 'raw', drive: 'usb', uefi } as const;
	const args = qemuArguments({ ...hardware, medium: disk }, place);
	t.true(args.includes('id=medium,if=none,file=a,,b.img,format=raw,snapshot=on'));
	const kept = qemuArguments({ ...hardware, medium: { ...disk, keep: true } }, place);
	t.true(kept.includes('id=medium,if=none,file=a,,b.img,format=raw,cache=writeback,discard=unmap'));
	t.true(args.includes('if=pflash,format=raw,unit=0,file=/code,readonly=on'));
	t.true(args.includes('if=pflash,format=raw,unit=1,file=/vars,snapshot=on'));
	t.true(args.includes('usb-storage,drive=medium,bootindex=0'));
	t.true(args.includes('type=11,value=slipway.events=ttyS1'));
	t.false(args.includes('-kernel'));
	const cd = { path: 'a.iso', imageFormat: 'raw', drive: 'cdrom', uefi: null } as const;
	const bios = qemuArguments({ ...hardware, medium: cd }, place).join(' ');
	t.regex(bios, /file=a\.iso,format=raw,readonly=on -device ide-cd,drive=medium,bootindex=0/);
	const arm = qemuArguments(
		{ ...hardware, processor: processors.arm64, medium: { ...cd, uefi } },
		place,
	).join(' ');
	t.regex(arm, / -device virtio-scsi-pci -device scsi-cd,drive=medium,bootindex=0/);
	const scsi = qemuArguments({ ...hardware, medium: { ...disk, drive: 'scsi', uefi: null } }, place).join(
		' ',
	);
	t.regex(scsi, / -device virtio-scsi-pci -device scsi-hd,drive=medium,bootindex=0/);
	t.notRegex(bios, /pflash/);
	t.notRegex(`${args.join(' ')} ${bios}`, /smm|secure/);
	const secure = { ...disk, uefi: { ...uefi, isSecure: true } } as const;
	const secured = qemuArguments({ ...hardware, medium: secure }, place).join(' ');
	t.regex(secured, /-machine q35,smm=on /);
	t.regex(secured, /-global driver=cfi\.pflash01,property=secure,value=on /);
});
