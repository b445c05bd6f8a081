// Why the built-in engine could not start a container, in the sentences that runc's failures have. Pure but for one look at the root.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { SyscallError } from '../../native/syscall-error.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';
import { startCauses } from '../process/start-causes.ts';

/**
 * Returns null for an error that has no sentence of its own.
 *
 * @param rootfs - the container's root as PID 1 sees it, without the container's own mounts
 */
export function engineFailure(error: unknown, spec: RuntimeSpec, rootfs: string): string | null {
	if (!(error instanceof SyscallError)) return null;
	const { syscall, code, path, dest } = error;
	const [program = ''] = spec.process.args;
	const text = error.message.replace(/^.*: | \([A-Z0-9]+\)$/g, '').toLowerCase();
	if (syscall === 'execve') {
		if (code === 'ENOENT') return missing(program, spec, rootfs);
		if (code === 'EACCES') return startCauses.notExecutable(program);
		if (code === 'ENOEXEC') return startCauses.otherFormat(program);
		if (code === 'E2BIG' && takesAnyKernel(spec.process)) return startCauses.noMemory;
		return code === 'ENOMEM' ? startCauses.noMemory : null;
	}
	if (dest !== undefined && path !== undefined) {
		if (code === 'ENOENT') return startCauses.noSource(path, dest);
		return code === 'EROFS' ? startCauses.noTarget(dest) : null;
	}
	return path !== undefined && path === spec.process.cwd ? startCauses.noDirectory(path, text) : null;
}

/** The kernel takes arguments and environment of 32 pages always (execve(2)), and says E2BIG also when it has no memory for them. */
function takesAnyKernel({ args, env = [] }: RuntimeSpec['process']): boolean {
	const pointerBytes = 8;
	const bytes = [...args, ...env].map((text) => Buffer.byteLength(text) + 1 + pointerBytes);
	return bytes.reduce((sum, each) => sum + each, 0) < 32 * 4096;
}

/** ENOENT of execve(2) is either the program or what its first line or its ELF header names. */
function missing(program: string, spec: RuntimeSpec, rootfs: string): string {
	if (!program.includes('/')) return startCauses.noProgram(program);
	try {
		lstatSync(join(rootfs, program));
		return startCauses.noInterpreter(program);
	} catch {
		const isMounted = (spec.mounts ?? []).some(({ destination }) => program.startsWith(`${destination}/`));
		return isMounted ? startCauses.noProgramOrInterpreter(program) : startCauses.noProgram(program);
	}
}
