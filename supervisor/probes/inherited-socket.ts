// Finds a unix socket that this process had before it executed itself again: its descriptor stayed open
// (`keepForSuccessor` of native/descriptor-calls.ts), and only the kernel knows its number (proc_net_unix(5)).

import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';

/** The close-on-exec bit in proc_pid_fdinfo(5), octal: each descriptor that this process has opened itself has it. */
const closeOnExec = 0o2000000;

/** Returns the descriptor of the socket that is bound to `path`; null when there is none, or the path names no socket. */
export function inheritedSocket(path: string): number | null {
	if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return null;
	const names = boundTo(path, readTextOrEmpty('/proc/net/unix')).map((inode) => `socket:[${inode}]`);
	if (names.length === 0) return null;
	const found = readdirSync('/proc/self/fd').find((fd) => names.includes(linkOf(fd)) && isInherited(fd));
	return found === undefined ? null : Number(found);
}

/** Returns the inodes of the sockets with this path: `Num RefCount Protocol Flags Type St Inode Path`. */
export function boundTo(path: string, table: string): readonly string[] {
	return table.split('\n').flatMap((line) => {
		const [, inode, name] = /^(?:\S+\s+){6}(\d+) (.*)$/.exec(line) ?? [];
		return inode !== undefined && name === path ? [inode] : [];
	});
}

/** Returns an empty text for a descriptor that is closed by now. */
function linkOf(fd: string): string {
	try {
		return readlinkSync(`/proc/self/fd/${fd}`);
	} catch {
		return '';
	}
}

function isInherited(fd: string): boolean {
	const flags = /^flags:\s+([0-7]+)$/m.exec(readTextOrEmpty(`/proc/self/fdinfo/${fd}`))?.[1];
	return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
}
