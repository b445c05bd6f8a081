// The TPM of a machine: `swtpm` keeps its state in the machine's directory and ends when QEMU does. Each machine begins with a
// new TPM, in which nothing is sealed.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';
import { findMediaTool, missingToolsError } from '../output/media-tools.ts';
import { type MachinePlace, machineFiles } from './machine-directories.ts';

/** Starts the TPM, which waits for QEMU in the background. Throws a `SlipwayError`. */
export function startTpm(place: MachinePlace): void {
	const program = findMediaTool('swtpm');
	if (program === null) throw missingToolsError('--tpm', ['swtpm']);
	const { tpm, tpmState, tpmPid } = machineFiles(place);
	for (const path of [tpm, tpmState, tpmPid]) rmSync(path, { recursive: true, force: true });
	mkdirSync(tpmState, { mode: 0o700 });
	const sockets = ['--ctrl', `type=unixio,path=${tpm},mode=0600`, '--pid', `file=${tpmPid}`];
	const args = ['socket', '--tpm2', '--tpmstate', `dir=${tpmState}`, ...sockets, '--terminate', '--daemon'];
	try {
		execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
	} catch (cause) {
		const { stderr = '' } = cause as { readonly stderr?: Buffer | string };
		throw new SlipwayError('TOOL_FAILED', `swtpm could not be started: ${String(stderr).trim()}`, { cause });
	}
}

/** Ends a TPM whose QEMU did not start: without a connection it would wait for ever. */
export function endTpm(place: MachinePlace): void {
	try {
		process.kill(Number(readFileSync(machineFiles(place).tpmPid, 'utf8')));
	} catch {
		// It has ended.
	}
}
