// QEMU without a guest, with the one option by which a machine is known.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { eventually } from '../../../helpers/eventually.ts';

/**
 * Resolves when its monitor listens. The caller ends it.
 *
 * @param socket - the path of the monitor's socket
 */
export async function startSilentQemu(socket: string, ...more: readonly string[]): Promise<ChildProcess> {
	const monitor = `socket,id=qmp,path=${socket},server=on,wait=off`;
	const args = `-nodefaults -display none -S -m 16 -chardev ${monitor} -mon chardev=qmp,mode=control`.split(
		' ',
	);
	const qemu = spawn('qemu-system-x86_64', [...args, ...more], { stdio: 'ignore' });
	await once(qemu, 'spawn');
	await eventually(() => existsSync(socket), { pauseMs: 20 });
	return qemu;
}
