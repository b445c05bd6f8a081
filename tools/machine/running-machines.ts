// Finds the QEMU processes of machines by their command lines. A file with a process id could be stale, or not be written
// yet when the tool is killed; the process itself can't be either.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Returns the process ids of QEMU by the runtime directories of the machines, for this user. */
export function runningMachines(): ReadonlyMap<string, number> {
	const found = new Map<string, number>();
	for (const entry of readdirSync('/proc')) {
		if (!/^\d+$/.test(entry)) continue;
		const runtime = runtimeOf(Number(entry));
		if (runtime !== null) found.set(runtime, Number(entry));
	}
	return found;
}

/** Returns the runtime directory of the machine that this process is; null for another process and for one that has ended. */
export function runtimeOf(pid: number): string | null {
	try {
		if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) return null;
		// A zombie has an empty command line.
		return runtimeIn(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
	} catch {
		return null;
	}
}

/** Reads the option that qemu-arguments.ts writes. setpriv becomes QEMU without a new process. */
export function runtimeIn([program = '', ...args]: readonly string[]): string | null {
	if (!/^(qemu-system-.*|setpriv)$/.test(basename(program))) return null;
	for (const arg of args) {
		const path = /^socket,id=qmp,path=(.*),server=on,wait=off$/.exec(arg)?.[1];
		if (path !== undefined) return dirname(path.replaceAll(',,', ','));
	}
	return null;
}
