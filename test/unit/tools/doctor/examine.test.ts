import test from 'ava';
import { examine, examinedPrograms, type Finding } from '../../../../tools/doctor/examine.ts';
import type { HostFacts } from '../../../../tools/doctor/read-host.ts';
import { mediaToolNames } from '../../../../tools/output/media-tools.ts';

const everything: HostFacts = {
	platform: 'linux',
	architecture: 'x64',
	kernel: '6.1.0',
	user: 'anna',
	programs: new Map(examinedPrograms.map((name) => [name, `/usr/bin/${name}`])),
	qemuVersion: 'QEMU emulator version 7.2.17',
	kvmExists: true,
	virtualization: { kvmDevice: true, cpuFlag: true },
	store: { folder: '/home/anna/.cache/slipway', exists: true, isWritable: true, freeBytes: 20e9 },
	mediaTools: new Map(mediaToolNames.map((name) => [name, `/usr/lib/${name}`])),
	firmware: { amd64: '/usr/share/OVMF/OVMF_CODE_4M.fd', arm64: '/usr/share/AAVMF/AAVMF_CODE.fd' },
	packages: '/usr/share/slipway/packages.tar',
};

function found(name: string, host: HostFacts): Finding | undefined {
	return examine(host).find((each) => each.name === name);
}

function without(...names: readonly string[]): HostFacts {
	return {
		...everything,
		programs: new Map([...everything.programs].filter(([name]) => !names.includes(name))),
	};
}

test('examine() has nothing to say about a machine with everything', (t) => {
	for (const each of examine(everything)) t.like(each, { state: 'ok', advice: null }, each.name);
	t.is(
		found('qemu-system-x86_64', everything)?.text,
		'/usr/bin/qemu-system-x86_64, QEMU emulator version 7.2.17',
	);
});

test("examine() names the command that installs what is missing, of the machine's package manager", (t) => {
	t.like(found('qemu-system-x86_64', without('qemu-system-x86_64')), {
		state: 'missing',
		text: 'not found, so nothing can be booted: slipway run',
		advice: 'sudo apt-get install qemu-system-x86',
	});
	t.is(found('lz4', { ...without('lz4'), user: 'root' })?.advice, 'apt-get install lz4');
	t.is(found('qemu-img', without('qemu-img', 'apt-get'))?.advice, 'sudo dnf install qemu-img');
	t.is(found('ssh', without('ssh', 'apt-get', 'dnf', 'pacman', 'apk'))?.advice, null);
});

test('examine() names the QEMU for systems of the other processor', (t) => {
	t.like(found('qemu-system-aarch64', without('qemu-system-aarch64')), {
		state: 'limited',
		text: 'not found, so no system for arm64 can be booted: slipway run --arch arm64',
		advice: 'sudo apt-get install qemu-system-arm',
	});
});

test('examine() tells what some commands alone need as a limit', (t) => {
	for (const name of [
		'xz',
		'qemu-img',
		'ssh',
		'sbsign',
		'swtpm',
		'openssl',
		'apt-get',
		'dpkg-deb',
		'readelf',
		'depmod',
	])
		t.is(found(name, without(name))?.state, 'limited', name);
});

test('examine() names the formats that can not be made, and what to install for them', (t) => {
	t.like(found('isolinux.bin', { ...everything, mediaTools: new Map() }), {
		state: 'limited',
		text: "not found, so these can't be made: slipway build --format iso, iso-bios",
		advice: 'sudo apt-get install isolinux',
	});
});

test('examine() names the firmware of both processors that is missing', (t) => {
	const none = { ...everything, firmware: { amd64: null, arm64: null } };
	t.like(found('ovmf', none), { state: 'limited', advice: 'sudo apt-get install ovmf' });
	t.like(found('aavmf', none), {
		state: 'limited',
		text: 'not found, so no medium for EFI on arm64 can be booted: slipway run NAME.efi',
		advice: 'sudo apt-get install qemu-efi-aarch64',
	});
});

test('examine() reports a QEMU that does not start', (t) => {
	t.like(found('qemu-system-x86_64', { ...everything, qemuVersion: null }), {
		state: 'missing',
		advice: '/usr/bin/qemu-system-x86_64 --version',
	});
});

test('examine() says why there is no KVM, which is no fault', (t) => {
	const kvm = (kvmExists: boolean, kvmDevice: boolean, cpuFlag: boolean) =>
		found('kvm', { ...everything, kvmExists, virtualization: { kvmDevice, cpuFlag } });
	t.like(kvm(true, true, false), { state: 'limited', advice: null });
	t.like(kvm(false, false, true), { state: 'limited', advice: 'modprobe kvm_intel or kvm_amd, as root' });
	t.like(kvm(true, false, true), {
		state: 'limited',
		advice: 'sudo usermod -aG kvm anna, then log in again',
	});
});

test('examine() looks at the store and its space', (t) => {
	const store = (differences: Partial<HostFacts['store']>) =>
		found('store', { ...everything, store: { ...everything.store, ...differences } });
	t.is(store({ exists: false })?.text, '/home/anna/.cache/slipway (not there yet), 20.00 GB free');
	t.is(store({ isWritable: false })?.state, 'missing');
	t.is(store({ freeBytes: 5e8 })?.state, 'limited');
});

test('examine() takes a host of each processor that systems are built for, and refuses others', (t) => {
	t.like(found('system', { ...everything, architecture: 'arm64' }), {
		state: 'ok',
		text: 'linux 6.1.0, arm64',
	});
	for (const other of [{ architecture: 'riscv64' }, { platform: 'darwin' }])
		t.like(found('system', { ...everything, ...other }), { state: 'missing' });
	t.regex(
		found('system', { ...everything, architecture: 'riscv64' })?.text ?? '',
		/riscv64: slipway runs on Linux on amd64 and arm64$/,
	);
});

test('examine() names no module of KVM for a processor whose kernels have it built in', (t) => {
	const host = { ...everything, architecture: 'arm64', kvmExists: false };
	t.like(found('kvm', { ...host, virtualization: { kvmDevice: false, cpuFlag: true } }), { advice: null });
});

test('examine() says where packages come from without an archive', (t) => {
	t.like(found('packages', { ...everything, packages: null }), { state: 'limited' });
});
