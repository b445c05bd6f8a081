// The cgroup of a container, version 2 (Documentation/admin-guide/cgroup-v2.rst; config-linux.md, Control Groups).

import { existsSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { constant } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import {
	asRecord,
	booleanOr,
	isRecord,
	type JsonRecord,
	listOf,
	oneOf,
	stringOr,
} from '../contract/json-shape.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';
import { type DeviceRule, deviceFilter } from './device-filter.ts';

const loadTries = 5;

/** A file of the cgroup and what is written to it. */
type Setting = readonly [file: string, value: string];

/** Returns the cgroup's folder. `cgroupsPath` can't leave the root. */
export function cgroupFolder(root: string, id: string, { linux = {} }: RuntimeSpec): string {
	return `${root}${posix.normalize(`/${linux.cgroupsPath || id}`)}`;
}

/** Makes the cgroup with its controllers, and sets the limits. Throws when the machine has no cgroups of version 2. */
export function makeCgroup(root: string, folder: string, spec: RuntimeSpec): void {
	const file = `${root}/cgroup.controllers`;
	if (!existsSync(file)) throw new Error(`the built-in engine needs cgroups of version 2 at ${root}`);
	const controllers = readFileSync(file, 'utf8').trim().split(' ').filter(Boolean);
	makeFolder(folder);
	const names = folder.slice(root.length).split('/').filter(Boolean).slice(0, -1);
	for (let depth = 0; depth <= names.length; depth++) {
		enableControllers([root, ...names.slice(0, depth)].join('/'), controllers);
	}
	for (const [file, value] of cgroupSettings(spec.linux?.['resources']))
		writeFileSync(`${folder}/${file}`, value);
}

/** All at once fails when one of them can't be enabled, so each by itself. */
function enableControllers(folder: string, controllers: readonly string[]): void {
	const enabled = readTextOrEmpty(`${folder}/cgroup.subtree_control`).trim().split(' ');
	for (const controller of controllers.filter((name) => !enabled.includes(name))) {
		try {
			writeFileSync(`${folder}/cgroup.subtree_control`, `+${controller}`);
		} catch {
			// A limit that needs it fails below with the name of its file.
		}
	}
}

/** Returns what `linux.resources` sets, in the words of version 2. Pure. */
export function cgroupSettings(resources: unknown): readonly Setting[] {
	const part = (name: string): JsonRecord => {
		const value = isRecord(resources) ? resources[name] : undefined;
		return isRecord(value) ? value : {};
	};
	const { limit, reservation, swap } = part('memory');
	const { shares, quota, period, cpus, mems } = part('cpu');
	const settings: Setting[] = [];
	const add = (file: string, value: string | undefined) => {
		if (value !== undefined) settings.push([file, value]);
	};
	add('memory.max', amount(limit));
	add('memory.low', amount(reservation));
	// The spec's value is memory and swap together.
	add(
		'memory.swap.max',
		isNumber(swap) && isNumber(limit) && swap > 0 ? String(Math.max(0, swap - limit)) : amount(swap),
	);
	add('pids.max', amount(part('pids')['limit']));
	if (isNumber(shares) && shares > 0) add('cpu.weight', String(weightOf(shares)));
	if (isNumber(quota) || isNumber(period)) {
		add(
			'cpu.max',
			`${isNumber(quota) && quota > 0 ? quota : 'max'} ${isNumber(period) && period > 0 ? period : 100_000}`,
		);
	}
	add('cpuset.cpus', typeof cpus === 'string' && cpus !== '' ? cpus : undefined);
	add('cpuset.mems', typeof mems === 'string' && mems !== '' ? mems : undefined);
	for (const [file, value] of Object.entries(part('unified'))) {
		if (/^[a-z][\w.-]*$/.test(file)) add(file, String(value));
	}
	return settings;
}

/** Shares are 2 to 262144, weights 1 to 10000 (runc's ConvertCPUSharesToCgroupV2Value). */
function weightOf(shares: number): number {
	const bounded = Math.min(Math.max(shares, 2), 262_144);
	return 1 + Math.floor(((bounded - 2) * 9999) / 262_142);
}

function amount(value: unknown): string | undefined {
	if (!isNumber(value) || value === 0) return undefined;
	return value < 0 ? 'max' : String(value);
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number';
}

/** Returns the program for the rules for devices of `linux.resources`. Pure. Throws `ShapeError`. */
export function deviceProgram(resources: unknown): Uint8Array {
	const rules = isRecord(resources)
		? listOf(resources['devices'], 'linux.resources.devices', asDeviceRule)
		: [];
	return deviceFilter(rules);
}

/** Attaches a program of `deviceProgram()` to the cgroup. Throws where the kernel has no BPF for cgroups. */
export function attachDeviceProgram(
	native: Pick<Native, 'bpfLoad' | 'bpfAttach' | 'constants'>,
	cgroupFd: number,
	program: Uint8Array,
	closeFd: (fd: number) => void,
): void {
	const programFd = loadProgram(native, program);
	try {
		native.bpfAttach(cgroupFd, programFd, constant(native, 'BPF_CGROUP_DEVICE'));
	} finally {
		closeFd(programFd);
	}
}

/** The kernel's check of a program answers EAGAIN when a signal waits; libbpf also tries five times. */
function loadProgram(native: Pick<Native, 'bpfLoad' | 'constants'>, program: Uint8Array): number {
	for (let tries = 1; ; tries++) {
		try {
			return native.bpfLoad(constant(native, 'BPF_PROG_TYPE_CGROUP_DEVICE'), program);
		} catch (error) {
			if (!hasCode(error, 'EAGAIN') || tries === loadTries) throw error;
		}
	}
}

function asDeviceRule(value: unknown, place: string): DeviceRule {
	const record = asRecord(value, place);
	const number = (key: string): number | null => {
		const found = record[key];
		return isNumber(found) && found >= 0 ? found : null;
	};
	return {
		allow: booleanOr(record['allow'], false, `${place}.allow`),
		type: oneOf(
			'a',
			'b',
			'c',
		)(record['type'] === undefined || record['type'] === '' ? 'a' : record['type'], `${place}.type`),
		major: number('major'),
		minor: number('minor'),
		access: stringOr(record['access'], 'rwm', `${place}.access`),
	};
}

export function openCgroup(folder: string): number {
	return openSync(folder, 'r');
}

/** Kills what is left in the cgroup. */
export function killCgroup(folder: string): void {
	try {
		writeFileSync(`${folder}/cgroup.kill`, '1');
	} catch {
		// It is gone, or the kernel is older than 5.14.
		for (const pid of readTextOrEmpty(`${folder}/cgroup.procs`).split('\n').map(Number)) kill(pid);
	}
}

function kill(pid: number): void {
	if (pid <= 1) return;
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended meanwhile.
	}
}

/** Returns false while processes are in it. */
export function removeCgroup(folder: string): boolean {
	try {
		rmdirSync(folder);
	} catch (error) {
		return hasCode(error, 'ENOENT');
	}
	return true;
}
