// Chooses the accelerator of QEMU. KVM is chosen only if a guest can run under it: some virtual machines have a `/dev/kvm`
// that opens and creates a VM whose guest then never executes an instruction, and their `/proc/cpuinfo` shows neither `vmx` (Intel) nor `svm` (AMD).

import { accessSync, constants, readFileSync } from 'node:fs';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';

export type Accelerator = 'kvm' | 'tcg';

/** The host's means of virtualization, read once by `probeHost` so that the choice is a pure function. */
export interface HostVirtualization {
	/** `/dev/kvm` is there and may be opened for reading and writing. */
	readonly kvmDevice: boolean;
	/** `/proc/cpuinfo` has a flag of virtualization, where the processor has one. */
	readonly cpuFlag: boolean;
}

export function probeHost(): HostVirtualization {
	return { kvmDevice: isAccessible('/dev/kvm'), cpuFlag: hasVirtualizationFlag(readText('/proc/cpuinfo')) };
}

export function hasVirtualizationFlag(cpuinfo: string, processor: Processor = hostProcessor): boolean {
	return processor.virtualizationFlags?.test(cpuinfo) ?? true;
}

/**
 * Resolves `--accel`; throws a `SlipwayError` when KVM is requested and can't work.
 *
 * @param processor - the guest's
 */
export function chooseAccelerator(
	wanted: 'auto' | Accelerator,
	host: HostVirtualization,
	processor: Processor = hostProcessor,
): Accelerator {
	if (wanted === 'tcg') return 'tcg';
	if (processor !== hostProcessor) {
		if (wanted === 'auto') return 'tcg';
		throw new SlipwayError(
			'TOOL_FAILED',
			`KVM runs guests for ${hostProcessor.name} here, not for ${processor.name}. Use --accel tcg or auto.`,
		);
	}
	if (host.kvmDevice && host.cpuFlag) return 'kvm';
	if (wanted === 'auto') return 'tcg';
	const missing = host.kvmDevice
		? '/proc/cpuinfo shows neither vmx nor svm, so a guest would hang'
		: '/dev/kvm cannot be opened';
	throw new SlipwayError('TOOL_FAILED', `KVM does not work here: ${missing}. Use --accel tcg or auto.`);
}

function isAccessible(path: string): boolean {
	try {
		accessSync(path, constants.R_OK | constants.W_OK);
		return true;
	} catch {
		return false;
	}
}

function readText(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}
