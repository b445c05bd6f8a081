// A plan holds what the host works out of a container's `config.json` for the built-in engine, in a file of the bundle: PID 1 would do it
// while all containers wait, and V8 interprets what runs once.
//
// The file holds a line of JSON, the steps inside the root, and the text of the `config.json` that it was made of. A bundle with another
// `config.json`, or at another place, was not made so: PID 1 takes the long way then, with all checks. The host writes the
// file for a container that the engine does not refuse, and it is in the same image as the rest of the bundle.

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { KernelConstants } from '../../native/linux/mount-calls.ts';
import { type PackedSteps, packSteps } from '../../native/native.ts';
import { isRecord, type JsonRecord } from '../contract/json-shape.ts';
import { bundleFiles } from '../contract/layout.ts';
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
const version = 2;
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
): string {
	const steps = packSteps(insideSteps(spec, folder, constants));
	const devices = base64(deviceProgram(spec.linux?.['resources']));
	const seccomp = filter === null ? null : base64(filter);
	const head = { version, folder, stepsLength: steps.length, devices, seccomp, config: shortened(spec) };
	return `${JSON.stringify(head)}\n${steps}${config}`;
}

function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString('base64');
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
		const text = readFileSync(join(folder, bundleFiles.start), 'utf8');
		const line = text.indexOf('\n');
		const head: unknown = JSON.parse(text.slice(0, line));
		if (!isRecord(head) || head['version'] !== version || head['folder'] !== folder) return null;
		const { stepsLength, devices, seccomp, config } = head;
		if (typeof stepsLength !== 'number' || typeof devices !== 'string' || !isRecord(config)) return null;
		if (seccomp !== null && typeof seccomp !== 'string') return null;
		const end = line + 1 + stepsLength;
		if (text.slice(end) !== readFileSync(join(folder, bundleFiles.config), 'utf8')) return null;
		return {
			config,
			steps: text.slice(line + 1, end),
			devices: Buffer.from(devices, 'base64'),
			seccomp: seccomp === null ? null : Buffer.from(seccomp, 'base64'),
		};
	} catch {
		return null;
	}
}
