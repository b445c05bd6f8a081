// A plan holds what the host works out of a container's `config.json` for the built-in engine, in a file of the bundle: PID 1 would do it
// while all containers wait, and V8 interprets what runs once.
//
// The file holds a line of JSON, the steps inside the root, both programs, and the `config.json` that it was made of. Only the line and
// the steps become strings of V8, which would collect garbage while a container waits. A bundle with another `config.json`, or at another
// place, was not made so: PID 1 takes the long way then, with all checks. The host writes the file for a container that the
// engine does not refuse, and it is in the same image as the rest of the bundle.

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { KernelConstants } from '../../native/linux/mount-calls.ts';
import { type PackedSteps, packSteps } from '../../native/native.ts';
import { isRecord, type JsonRecord } from '../contract/json-shape.ts';
import { bundlePath } from '../contract/layout.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';
import { deviceProgram } from './container-cgroup.ts';
import { insideSteps } from './container-steps.ts';

export interface StartPlan {
	/** `config.json` without what the steps do and what was compiled. */
	readonly config: JsonRecord;
	/** Those inside the root. */
	readonly steps: PackedSteps;
	/** The program for the cgroup's devices. */
	readonly devices: Uint8Array;
	/** The compiled seccomp profile; null: the container has none. */
	readonly seccomp: Uint8Array | null;
}

/** Changes with the form of the file and of packed steps. */
const version = 3;
/** What is mounted there holds nothing that PID 1 reads. */
const ofKernel = /^\/(?:dev|proc|sys)(?:\/|$)/;

/**
 * Returns the contents of the file.
 *
 * @param config - the text of `config.json`
 * @param folder - the bundle's folder in the guest
 * @param filter - the compiled seccomp profile, if the container has one
 */
export function startPlan(
	spec: RuntimeSpec,
	config: string,
	folder: string,
	constants: KernelConstants,
	filter: Uint8Array | null,
): Buffer {
	const steps = Buffer.from(packSteps(insideSteps(spec, folder, constants)));
	const devices = deviceProgram(spec.linux?.['resources']);
	const head = {
		version,
		folder,
		stepsBytes: steps.length,
		devicesBytes: devices.length,
		seccompBytes: filter?.length ?? null,
		config: shortened(spec),
	};
	const line = Buffer.from(`${JSON.stringify(head)}\n`);
	return Buffer.concat([line, steps, devices, filter ?? Buffer.alloc(0), Buffer.from(config)]);
}

function shortened(spec: RuntimeSpec): RuntimeSpec {
	const { mounts = [], linux = {} } = spec;
	const {
		maskedPaths: _m,
		readonlyPaths: _r,
		sysctl: _s,
		devices: _d,
		seccomp: _c,
		resources,
		...rest
	} = linux;
	const { devices: _, ...limits } = isRecord(resources) ? resources : {};
	const read = ({ destination, type, options = [] }: (typeof mounts)[number]): boolean =>
		!ofKernel.test(posix.normalize(`/${destination}`)) ||
		type === 'bind' ||
		options.some((option) => option === 'bind' || option === 'rbind');
	return {
		...spec,
		mounts: mounts.filter(read),
		linux: {
			...rest,
			...(isRecord(resources) ? { resources: limits } : {}),
		},
	};
}

/** Returns null for a bundle without the file, and for one that the file was not made of. Never throws. */
export function readStartPlan(folder: string): StartPlan | null {
	try {
		const file = readFileSync(bundlePath(folder, 'start'));
		const steps = file.indexOf('\n') + 1;
		const head: unknown = JSON.parse(file.toString('utf8', 0, steps));
		if (!isRecord(head) || head['version'] !== version || head['folder'] !== folder) return null;
		const { stepsBytes, devicesBytes, seccompBytes, config } = head;
		if (typeof stepsBytes !== 'number' || typeof devicesBytes !== 'number' || !isRecord(config)) return null;
		if (seccompBytes !== null && typeof seccompBytes !== 'number') return null;
		const devices = steps + stepsBytes;
		const seccomp = devices + devicesBytes;
		const end = seccomp + (seccompBytes ?? 0);
		if (!file.subarray(end).equals(readFileSync(bundlePath(folder, 'config')))) return null;
		return {
			config,
			steps: file.toString('utf8', steps, devices),
			devices: file.subarray(devices, seccomp),
			seccomp: seccompBytes === null ? null : file.subarray(seccomp, end),
		};
	} catch {
		return null;
	}
}
