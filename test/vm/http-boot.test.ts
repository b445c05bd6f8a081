// Machines without a disk beside a DHCP server that gives addresses and knows nothing of network boot. `slipway serve --dhcp` tells them
// what to load: UEFI's HTTP boot the system itself, an EFI program, and iPXE, which QEMU's network card has for a BIOS, the script.

import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { findFirmware } from '../../tools/machine/firmware.ts';
import { eventually } from '../helpers/eventually.ts';
import { leasedAddress, openOwnNetwork } from '../helpers/own-network.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { sentFiles, startServing } from '../helpers/serving.ts';
import { buildSystem } from '../helpers/system.ts';

const macs = { uefi: '52:54:00:12:34:91', bios: '52:54:00:12:34:92' };

test('serve --dhcp: beside a DHCP server, UEFI boots by HTTP until Redis answers, and a BIOS by iPXE to the kernel', async (t) => {
	const yaml = readFileSync('examples/redis-os.yml', 'utf8');
	const name = await buildSystem('http-boot', yaml, '--format', 'uki', '--format', 'kernel+initrd');
	const { inside, card, serverLog } = await openOwnNetwork(t);
	const events = startServing(t, ['--tftp', '--dhcp', '--system', 'http-boot', dirname(name)], inside);
	await eventually(() => events.some((each) => each.event === 'listening' && each.protocol === 'dhcp'));

	const folder = scratchFolder(t);
	const { program, machine, emulatedCpu } = hostProcessor.qemu;
	const start = (id: keyof typeof macs, cardProperty: string, ...more: readonly string[]) => {
		const console = join(folder, id);
		const [enter, ...rest] = inside;
		const common = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-smp', '1'];
		const hardware = ['-machine', `${machine},accel=tcg`, '-cpu', emulatedCpu, '-serial', `file:${console}`];
		const args = [...common, ...hardware, ...card(id, macs[id], cardProperty), ...more];
		const qemu = spawn(enter, [...rest, program, ...args], {
			stdio: ['ignore', openSync(`${console}.qemu`, 'w'), 'inherit'],
		});
		t.teardown(() => qemu.kill('SIGKILL'));
		return { qemu, console: () => readFileSync(console, 'latin1') };
	};
	const firmware = findFirmware(hostProcessor);
	const uefi = start(
		'uefi',
		// Without iPXE's ROM: the firmware's own driver.
		'romfile=',
		...['-m', '1024', '-drive', `if=pflash,format=raw,unit=0,file=${firmware.code},readonly=on`],
		...['-drive', `if=pflash,format=raw,unit=1,file=${firmware.variables},snapshot=on`],
		// OVMF waits a minute for PXE before it tries HTTP.
		...['4', '6'].flatMap((version) => [
			'-fw_cfg',
			`name=opt/org.tianocore/IPv${version}PXESupport,string=n`,
		]),
	);
	const bios = start('bios', 'bootindex=0', '-m', '512');

	const addressOf = (path: string): string | undefined =>
		events.flatMap((each) => (each.event === 'file' && each.path === path ? [each.client] : []))[0];
	await eventually(() => sentFiles(events).includes('http /http-boot-kernel'));
	// How it goes on from here is in netboot.test.ts.
	bios.qemu.kill('SIGKILL');
	const address = await eventually(() => addressOf('/http-boot.efi'));
	try {
		await eventually(async () => {
			if (uefi.qemu.exitCode !== null) throw new Error(`QEMU ended with ${uefi.qemu.exitCode}`);
			const [enter, ...rest] = inside;
			const asked = await runProgram(enter, [...rest, 'redis-cli', '-h', address, 'PING']);
			return asked.stdout.trim() === 'PONG';
		});
	} catch (error) {
		t.log(uefi.console().slice(-5000));
		throw error;
	}
	const told = events.flatMap((each) => (each.event === 'dhcp' ? [each] : []));
	const by = (mac: string) =>
		told.filter((each) => each.mac === mac).map(({ firmware, file }) => `${firmware}: ${file}`);
	t.deepEqual([...new Set(by(macs.uefi))], ['x86 UEFI by HTTP: http-boot.efi']);
	t.deepEqual([...new Set(by(macs.bios))], ['iPXE on x86 BIOS: boot.ipxe']);
	t.deepEqual(sentFiles(events, address), ['http /http-boot.efi']);
	t.like(
		events.find(({ event }) => event === 'boot'),
		{ event: 'boot', mac: macs.bios, system: 'http-boot', problem: null },
	);
	for (const path of ['/http-boot.efi', '/http-boot-kernel']) t.regex(addressOf(path) ?? '', leasedAddress);
	t.regex(
		serverLog(),
		new RegExp(`sending ACK to ${address}`),
		'all addresses are of the server that was there',
	);
});
