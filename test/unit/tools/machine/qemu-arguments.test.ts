import test from 'ava';
import { type MachineOptions, qemuArguments } from '../../../../tools/machine/qemu-arguments.ts';

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
	const args = qemuArguments(machine, '/tmp/x,y').join(' ');
	t.regex(args, /-smp 2 -m 512/);
	t.regex(args, /-accel tcg,thread=multi -cpu max,-erms,-fsrm /);
	t.regex(args, /-netdev user,id=net0,hostfwd=tcp:127\.0\.0\.1:6379-:6379 /);
	t.regex(args, /-kernel a-kernel -initrd a-initrd\.img -append console=ttyS0$/);
});

test('qemuArguments() doubles the comma of a socket path', (t) => {
	t.true(qemuArguments(machine, '/tmp/x,y').includes('socket,id=events,path=/tmp/x,,y'));
});

test('qemuArguments() with KVM takes the host processor', (t) => {
	t.regex(qemuArguments({ ...machine, accelerator: 'kvm' }, '/s').join(' '), /-accel kvm -cpu host/);
});

test('qemuArguments() attaches disks in their order', (t) => {
	const disks = [
		{ path: 'a,b.img', format: 'raw' },
		{ path: 'c.qcow2', format: 'qcow2' },
	] as const;
	const args = qemuArguments({ ...machine, disks }, '/s').filter((arg) => arg.startsWith('file='));
	const flushed = 'if=virtio,cache=writeback,discard=unmap';
	t.deepEqual(args, [`file=a,,b.img,format=raw,${flushed}`, `file=c.qcow2,format=qcow2,${flushed}`]);
});

test('qemuArguments() attaches a root as the first disk, for reading', (t) => {
	const disks = [{ path: 'a.img', format: 'raw' }] as const;
	const drives = qemuArguments({ ...machine, disks, root: 'r.img' }, '/s').filter((arg) =>
		arg.startsWith('file='),
	);
	t.is(drives[0], 'file=r.img,format=raw,if=virtio,readonly=on');
	t.is(drives.length, 2);
});

test('qemuArguments() attaches the config drive as the last disk, for reading', (t) => {
	const disks = [{ path: 'a.img', format: 'raw' }] as const;
	const args = qemuArguments({ ...machine, disks, data: Buffer.alloc(1) }, '/s');
	const drives = args.filter((arg) => arg.startsWith('file='));
	t.is(drives[1], 'file=/dev/fdset/1,format=raw,if=virtio,readonly=on');
	t.true(args.includes('fd=3,set=1'));
});
