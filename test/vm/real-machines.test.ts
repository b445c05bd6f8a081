// Debian's whole kernel on machines that are not ours: the disks, cards, screens and keyboards of servers, desktops and VMware as QEMU
// has them. What shows that a disk works is on the disk afterwards, what shows a card is a client from outside.
// Runs alone: its machines have two processors.

import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { freePort } from '../../tools/machine/free-port.ts';
import { type Machine, startQemu } from '../../tools/machine/machine.ts';
import { machineFiles } from '../../tools/machine/machine-directories.ts';
import { portArguments } from '../../tools/machine/qemu-arguments.ts';
import { monitorCommand } from '../../tools/machine/qemu-monitor.ts';
import { findSystem } from '../../tools/machine/system-files.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;

/** Marks each disk that the host has marked. */
const probe =
	'while :; do for disk in /sys/class/block/*; do disk=/dev/$(basename $disk); if [ "$(head -c 4 $disk)" = todo ]; then ' +
	'printf done | dd of=$disk conv=notrunc,fsync; fi; done; sleep 1; done';

const yaml = `
kernel: { image: "slipway/kernel-generic:v1" }
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
onboot:
  - { name: dhcpcd, image: "slipway/dhcpcd:v1", command: [/sbin/dhcpcd, --nobackground, -f, /dhcpcd.conf, "-1"] }
services:
  - { name: redis, image: "slipway/redis:v1", net: host }
  - { name: getty, image: "slipway/getty:v1", env: [INSECURE=true] }
  - { name: agent, image: "slipway/qemu-guest-agent:v1" }
  - name: probe
    image: slipway/shell:v1
    command: [/bin/sh, -c, '${probe}']
    devices: [{ path: all, type: b }]
`;

interface Hardware {
	readonly append: string;
	readonly hasSerialPorts: boolean;
	/** QEMU's words for the machine; `dN` is the disk number N. */
	readonly devices: string;
	/** What the system keeps of the kernel's modules, for `slipway build --modules`; absent for all. */
	readonly modules?: readonly string[];
}

async function boot(t: ExecutionContext, { append, hasSerialPorts, devices, modules }: Hardware) {
	const folder = scratchFolder(t);
	const list = join(folder, 'modules');
	if (modules !== undefined) writeFileSync(list, modules.join('\n'));
	const kept = modules === undefined ? [] : ['--modules', list];
	const system = findSystem(await buildSystem('real-machines', yaml, ...kept));
	const port = await freePort(0, '127.0.0.1');
	const disks: string[] = [];
	const words = devices.split(/\s+/).filter((word) => word !== '');
	for (const [index] of [...devices.matchAll(/drive=(?=d\d)/g)].entries()) {
		const disk = join(folder, `disk${index}`);
		const file = await open(disk, 'w');
		await file.truncate(64 * 1024 * 1024);
		await file.write('todo');
		await file.close();
		disks.push(disk);
		words.push('-drive', `if=none,id=d${index},file=${disk},format=raw`);
	}
	const machine = await startQemu((place) => {
		const ports = portArguments(place);
		return [
			...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
			...['-accel', 'tcg,thread=multi', '-cpu', hostProcessor.qemu.emulatedCpu, '-smp', '2', '-m', '1024'],
			...(hasSerialPorts
				? ports
				: ports.filter((word, index) => ![word, ports[index - 1]].includes('-serial'))),
			...['-qmp', `unix:${machineFiles(place).qmp},server=on,wait=off`],
			...['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:${port}-:6379`],
			...['-chardev', `socket,id=agent,path=${join(folder, 'agent')},server=on,wait=off`],
			...[
				'-device',
				'virtio-serial-pci',
				'-device',
				'virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
			],
			...words,
			...['-kernel', system.kernel, '-initrd', system.initrd],
			...['-append', `${system.commandLine} ${append}`],
		];
	});
	t.teardown(async () => void (await machine.stop()));
	t.is(await eventually(() => ping(machine, port), { pauseMs: 1000, timeoutMs: 900_000 }), 'PONG');
	for (const disk of disks) {
		const word = (): string => readFileSync(disk).subarray(0, 4).toString();
		await eventually(() => word() === 'done', { pauseMs: 1000, what: `${disk} of ${devices} to be written` });
	}
	return { machine, folder };
}

async function ping(machine: Machine, port: number): Promise<string | null> {
	const { stdout } = await runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(port), 'PING']);
	const isGone = await Promise.race([machine.exited, null]);
	if (isGone !== null) throw new Error(`QEMU ended: ${JSON.stringify(isGone)}\n${machine.lastLines()}`);
	return stdout.trim() === 'PONG' ? 'PONG' : null;
}

/** Types at the machine's keyboard. */
async function typeKeys(monitor: string, text: string): Promise<void> {
	for (const key of text) {
		const keys = [{ type: 'qcode', data: key === '\n' ? 'ret' : key }];
		await monitorCommand(monitor, 'send-key', { keys });
	}
}

test('a desktop: AHCI, NVMe, a USB stick, e1000e, and a screen and a USB keyboard instead of a serial port', async (t) => {
	const { machine, folder } = await boot(t, {
		// No console is named: the kernel takes the screen.
		append: '',
		hasSerialPorts: false,
		devices: `-machine q35 -device ide-hd,bus=ide.0,drive=d0 -device nvme,serial=n,drive=d1 -device qemu-xhci
			-device usb-storage,drive=d2 -device usb-kbd -device VGA -device e1000e,netdev=net0,romfile=`,
	});
	const { monitor } = machine;
	const screen = join(folder, 'screen.ppm');
	await monitorCommand(monitor, 'screendump', { filename: screen });
	await eventually(() => statSync(screen, { throwIfNoEntry: false })?.size, { pauseMs: 100 });
	const lit = readFileSync(screen).reduce((sum, byte) => sum + (byte > 0x80 ? 1 : 0), 0);
	t.true(lit > 5000, `${lit} bytes of the screen are bright`);
	await typeKeys(monitor, '\npoweroff\n');
	t.like(await machine.exited, { exitCode: 0, signal: null });
});

/** Sends a command to the agent and returns what it answers. */
async function askAgent(path: string, execute: string, parameters = {}): Promise<unknown> {
	const socket = connect({ path });
	socket.write(`${JSON.stringify({ execute, arguments: parameters })}\n`);
	const [answer] = (await once(socket, 'data')) as [Buffer];
	socket.destroy();
	return (JSON.parse(answer.toString()) as { return: unknown }).return;
}

test('VMware: pvscsi and vmxnet3, IDE and MegaRAID, with their modules alone, and the host ends the system by the agent', async (t) => {
	const { machine, folder } = await boot(t, {
		modules: [
			...['vmw_pvscsi', 'ata_piix', 'megaraid_sas', 'sd_mod', 'vmxnet3', 'af_packet'],
			...['virtio_pci', 'virtio_console', 'overlay', 'evdev', 'button'],
		],
		append: 'console=ttyS0 slipway.events=ttyS1',
		hasSerialPorts: true,
		devices: `-machine pc -device pvscsi,id=p -device scsi-hd,bus=p.0,drive=d0 -device ide-hd,bus=ide.0,drive=d1
			-device megasas,id=m -device scsi-hd,bus=m.0,drive=d2 -device vmxnet3,netdev=net0,romfile=`,
	});
	const agent = join(folder, 'agent');
	t.deepEqual(await askAgent(agent, 'guest-ping'), {});
	const interfaces = JSON.stringify(await askAgent(agent, 'guest-network-get-interfaces'));
	t.regex(interfaces, /"name":"eth0".*|"10\.0\.2\.15"/);
	t.regex(JSON.stringify(await askAgent(agent, 'guest-get-osinfo')), /Slipway/);
	connect({ path: agent }).end(`${JSON.stringify({ execute: 'guest-shutdown' })}\n`);
	t.like(await machine.exited, { exitCode: 0, shutdown: 'poweroff' });
	t.regex(machine.lastLines(), /poweroff: now/);
});
