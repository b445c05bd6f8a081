// The sockets of PID 1 in /run.

import { chmodSync, existsSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';

/** Makes the server listen on a Unix socket of mode 0600. Calls `onTrouble` when that fails, and throws nothing. */
export function listenForRoot(server: Server, path: string, onTrouble: (error: Error) => void): void {
	listenAt(server, path, 0o600, onTrouble);
}

/** As `listenForRoot`, with another mode of the socket. */
export function listenAt(
	server: Server,
	path: string,
	mode: number,
	onTrouble: (error: Error) => void,
): void {
	server.on('error', onTrouble);
	try {
		makeFolder(dirname(path));
		// An earlier PID 1 may have left its socket.
		rmSync(path, { force: true });
		server.listen(path);
		// The socket is there when the call returns, unless there is an `error` to come. Between the two calls only root can connect,
		// because the folder is root's.
		if (existsSync(path)) chmodSync(path, mode);
	} catch (error) {
		onTrouble(error as Error);
	}
}
