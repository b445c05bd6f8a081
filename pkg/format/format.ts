// `format`: puts a partition and a file system on a disk that is blank: on the one that is named, or on the first.
// Options and lines are LinuxKit's, https://github.com/linuxkit/linuxkit, pkg/format. What it does not do, unlike that
// one: fail at the second boot, and write where anything is.

import { spawnSync } from 'node:child_process';
import { AppletError, type AppletHost } from '../applet/applet.ts';
import { type BlockDevice, isOrdinaryDisk, listBlockDevices } from '../applet/disks/block-devices.ts';
import { findVolume } from '../applet/disks/find-volume.ts';
import { fileSystemOf, readVolume, readVolumes } from '../applet/disks/volume.ts';
import { waitFor, waitTimeoutMs } from '../applet/disks/wait-for.ts';
import { parseFlags } from '../applet/flags.ts';
import { type Choice, chooseDrive, chooseTarget } from './choose.ts';
import { layoutFor } from './layout.ts';
import { makeCommand, wishProblem } from './make-command.ts';
import { makeInPlace, makePartition } from './make-partition.ts';
import { sameLabel, type Wish } from './verdict.ts';

const folders = { sys: '/sys', dev: '/dev' };
/** For a disk of many terabytes on a slow bus. */
const makeTimeoutMs = 30 * 60_000;
const partitionWaitMs = 10_000;

/** Returns the exit code. */
export async function format(args: readonly string[], host: AppletHost): Promise<number> {
	const { flags, rest } = parseFlags(args, {
		type: 'ext4',
		label: '',
		force: false,
		verbose: false,
		device: '',
		partition: 0,
		wait: -1,
	});
	const [drive = flags.device, ...surplus] = rest;
	if (surplus.length > 0) throw usage('Too many arguments provided: at most one DRIVE is taken');
	const problem = wishProblem(flags.type, flags.label);
	if (problem !== null) throw usage(problem);
	if (flags.partition !== 0 && drive === '') throw usage('-partition wants a DRIVE');
	if (flags.force && drive === '') throw usage('-force wants a DRIVE: it gives up what is on that one');

	const wish: Wish = flags;
	const look = (): Choice => {
		const volumes = readVolumes(listBlockDevices(folders));
		if (drive === '') return chooseDrive(volumes, wish);
		const { found, reason } = { reason: '', ...findVolume(drive, volumes, folders.dev) };
		if (found === 'several') throw new AppletError(reason);
		return found === null
			? { action: 'refuse', why: reason, mayCome: true }
			: chooseTarget(found, flags.partition, volumes, wish);
	};
	const waitMs = waitTimeoutMs(flags.wait, drive !== '');
	const choice = await waitFor(waitMs, look, (each) => each.action !== 'refuse' || !each.mayCome);
	if (flags.verbose) for (const device of listBlockDevices(folders)) host.print(verboseLine(device));
	switch (choice.action) {
		case 'keep':
			host.print(`${choice.why}: nothing to do`);
			return 0;
		case 'refuse':
			throw new AppletError(refusal(choice.why, drive));
		case 'make':
			host.print(choice.why);
			await make(choice.target, wish, host);
			return 0;
		default:
			return choice satisfies never;
	}
}

async function make(target: BlockDevice, wish: Wish, host: AppletHost): Promise<void> {
	const isDisk = target.partition === null;
	const made = isDisk ? await makeOnDisk(target, wish, host) : target;
	if (!isDisk) makeInPlace(target, (device) => makeFileSystem(device, wish));
	const there = fileSystemOf(readVolume(made));
	if (there?.type !== wish.type || (wish.label !== '' && !sameLabel(there.label, wish))) {
		throw new AppletError(
			`${made.path} does not hold the ${wish.type} that was just made on it: is the disk broken?`,
		);
	}
	host.print(`Partition ${made.path} successfully created!`);
}

async function makeOnDisk(disk: BlockDevice, wish: Wish, host: AppletHost): Promise<BlockDevice> {
	const layout = layoutFor(disk.sizeBytes, disk.sectorBytes);
	if (layout === null)
		throw new AppletError(`${disk.path} has only ${disk.sizeBytes} bytes: 4 MiB are the least`);
	host.print(`Creating partition on ${disk.path}`);
	return await makePartition(disk, layout, wish.force, {
		native: host.native(),
		waitMs: partitionWaitMs,
		listDevices: () => listBlockDevices(folders),
		makeFileSystem: (device) => makeFileSystem(device, wish),
	});
}

function makeFileSystem(device: string, { type, label }: Wish): void {
	const { program, args } = makeCommand(type, label, device);
	const done = spawnSync(program, args, {
		encoding: 'utf8',
		timeout: makeTimeoutMs,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
	});
	if (done.status === 0) return;
	const why = done.error?.message ?? (done.signal === null ? `exit code ${done.status}` : done.signal);
	const words = `${done.stdout ?? ''}${done.stderr ?? ''}`.trim();
	throw new AppletError(`${program} ${args.join(' ')} failed: ${why}\n${words}`.trim());
}

function refusal(why: string, drive: string): string {
	if (drive === '') return `No eligible disks found: ${why}`;
	return `${why}. Nothing was written. With -force its contents are given up.`;
}

function verboseLine(device: BlockDevice): string {
	const kind =
		device.partition === null ? (isOrdinaryDisk(device) ? 'a disk' : 'not looked at') : 'a partition';
	return `${device.path}: ${kind}, ${device.sizeBytes} bytes${device.readOnly ? ', read-only' : ''}`;
}

function usage(problem: string): AppletError {
	return new AppletError(`${problem}. Usage: format [OPTIONS] [DRIVE]`, { exitCode: 2 });
}
