// `mountie`: mounts the disk that is named by path, label or UUID, or else the first Linux partition. Options and lines
// are LinuxKit's, https://github.com/linuxkit/linuxkit, pkg/mount; `-partition`, `-type`, `-options` and `-wait` are ours.
//
// There is no fsck: the kernel replays the journal of a disk that has lost its power.

import { realpathSync } from 'node:fs';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { type MountCall, mountCalls } from '../../native/linux/mount-calls.ts';
import { readMountInfo } from '../../native/linux/mountinfo.ts';
import { AppletError, type AppletHost } from '../applet/applet.ts';
import { listBlockDevices } from '../applet/disks/block-devices.ts';
import { describeVolume, fileSystemOf, readVolumes, type Volume } from '../applet/disks/volume.ts';
import { waitFor, waitTimeoutMs } from '../applet/disks/wait-for.ts';
import { parseFlags } from '../applet/flags.ts';
import { chooseVolume, type Wanted } from './choose-volume.ts';
import { makeDeviceLinks } from './device-links.ts';
import { deviceMounts, mountAt } from './mounts.ts';

const folders = { sys: '/sys', dev: '/dev' };

/** Returns the exit code. */
export async function mountie(args: readonly string[], host: AppletHost): Promise<number> {
	const { flags, rest } = parseFlags(args, {
		device: '',
		label: '',
		uuid: '',
		partition: 0,
		type: '',
		options: '',
		wait: -1,
	});
	const [mountPoint, ...surplus] = rest.slice(-1);
	if (mountPoint === undefined || surplus.length > 0) throw usage('No mountpoints provided');
	if (rest.length > 2) throw usage('Too many arguments');
	const wanted: Wanted = rest.length === 2 ? { ...flags, device: rest[0] ?? '' } : flags;

	makeMountPoint(mountPoint);
	const target = realpathSync(mountPoint);
	const found = await find(wanted, flags.wait);
	const { device } = found;
	const type = flags.type || fileSystemOf(found)?.type;
	if (type === undefined) throw new AppletError(unmountable(found));
	const before = mountAt(target, readMounts());
	if (before?.device === device.path) {
		host.print(`${device.path} is mounted on ${target} already: nothing to do`);
		return 0;
	}
	const options = flags.options === '' ? [] : flags.options.split(',');
	const mount = { source: device.path, destination: target, type, options };
	const native = host.native();
	for (const call of mountCalls(mount, target, native.constants)) {
		tryMount(call, () => native.mount(call.source, call.target, call.type, call.flags, call.data));
	}
	host.print(`Mounted ${describeVolume(found).replace(' holds ', ', ')}, on ${target}`);
	if (mountAt(target, readMounts())?.isShared === false) {
		host.warn(`only this container sees ${target}: bind its parent with "rshared" to have it everywhere`);
	}
	for (const problem of makeDeviceLinks(readVolumes(listBlockDevices(folders)), folders.dev))
		host.warn(problem);
	return 0;
}

async function find(wanted: Wanted, seconds: number): Promise<Volume> {
	const look = () => {
		const mounted = new Set(readMounts().map((mount) => mount.device));
		return chooseVolume(wanted, readVolumes(listBlockDevices(folders)), mounted, folders.dev);
	};
	const isNamed = wanted.device !== '' || wanted.label !== '' || wanted.uuid !== '';
	const answer = await waitFor(waitTimeoutMs(seconds, isNamed), look, ({ found }) => found !== null);
	if (answer.found === null || answer.found === 'several') throw new AppletError(answer.reason);
	return answer.found;
}

function readMounts() {
	return deviceMounts(readMountInfo(), folders);
}

function makeMountPoint(path: string): void {
	try {
		makeFolder(path);
	} catch (cause) {
		throw new AppletError(`Unable to create mountpoint ${path}: ${String(cause)}`, { cause });
	}
}

function tryMount(call: MountCall, mount: () => void): void {
	try {
		mount();
	} catch (cause) {
		const code = cause instanceof Error && 'code' in cause ? cause.code : null;
		const hint =
			code === 'ENODEV'
				? `: the kernel has no file system "${call.type}", or its image lacks the module`
				: '';
		throw new AppletError(`Error mounting ${call.source} to ${call.target}: ${String(cause)}${hint}`, {
			cause,
		});
	}
}

function unmountable(volume: Volume): string {
	const hint = volume.device.partition === null ? ' Name a partition, or choose one with -partition.' : '';
	return `${describeVolume(volume)}: there is no file system to mount.${hint}`;
}

function usage(problem: string): AppletError {
	return new AppletError(`${problem}. Usage: mountie [OPTIONS] [DEVICE] MOUNTPOINT`, { exitCode: 2 });
}
