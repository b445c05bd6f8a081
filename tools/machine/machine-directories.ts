// Where the machines of a user are: `$XDG_RUNTIME_DIR/slipway/NAME/` has the sockets of a machine that runs,
// `$XDG_STATE_HOME/slipway/NAME/` what stays of it (XDG Base Directory Specification). Both are the user's alone.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { SlipwayError } from '../errors.ts';
import { homeFolder, xdgFolder } from '../files/home-folder.ts';

export interface MachineBases {
	/** The directory of the machines' sockets. */
	readonly runtime: string;
	/** The directory of the machines' records and logs. */
	readonly state: string;
}

/** The two directories of one machine. */
export interface MachinePlace {
	readonly runtime: string;
	readonly state: string;
}

/** The files of a machine that other programs open. */
export interface MachineFiles {
	/** QEMU's monitor (QMP), a Unix socket. */
	readonly qmp: string;
	/** A FIFO: what is written to it is typed at the console. */
	readonly consoleInput: string;
	/** A FIFO: commands to PID 1, one JSON object a line (`HostCommand`). */
	readonly eventInput: string;
	/** The guest's port `slipway.control`: a Unix socket of QEMU, which has one client at a time. */
	readonly control: string;
	/** Where the relay of that port listens for any number of clients. */
	readonly relay: string;
	/** All that the console has shown. QEMU appends to it. */
	readonly consoleLog: string;
	/** All lines of the event port (`GuestEventLine`). QEMU appends to it. */
	readonly eventLog: string;
	/** QEMU's standard error. */
	readonly qemuLog: string;
	/** The record of the machine (`MachineRecord`). */
	readonly record: string;
	/** The image of the config drive, when the machine has one. */
	readonly configDrive: string;
	/** A directory that is the file system of an EFI program's disk. */
	readonly efiPartition: string;
	/** The socket of the TPM, its directory, and the file with its process id. */
	readonly tpm: string;
	readonly tpmState: string;
	readonly tpmPid: string;
}

export function machineFiles({ runtime, state }: MachinePlace): MachineFiles {
	return {
		qmp: join(runtime, 'qmp'),
		consoleInput: join(runtime, 'console.in'),
		eventInput: join(runtime, 'events.in'),
		control: join(runtime, 'control'),
		relay: join(runtime, 'control.sock'),
		consoleLog: join(state, 'console.log'),
		eventLog: join(state, 'events.log'),
		qemuLog: join(state, 'qemu.log'),
		record: join(state, 'machine.json'),
		configDrive: join(state, 'config-drive.iso'),
		efiPartition: join(runtime, 'efi'),
		tpm: join(runtime, 'tpm'),
		tpmState: join(runtime, 'tpm-state'),
		tpmPid: join(runtime, 'tpm-pid'),
	};
}

/** sockaddr_un has 108 bytes for a path, one of them for the NUL (unix(7)). */
const maxSocketBytes = 107;
const longestSocket = '/control.sock';

/** Throws a `SlipwayError` when a socket in this directory would have too long a path. */
export function checkSocketLength(runtime: string): void {
	const tooMany = Buffer.byteLength(runtime) + longestSocket.length - maxSocketBytes;
	if (tooMany <= 0) return;
	throw new SlipwayError(
		'BAD_INPUT',
		`The directory ${runtime} is ${tooMany} bytes too long for a socket in it. ` +
			'Give the machine a shorter --name, or set XDG_RUNTIME_DIR to a shorter directory.',
	);
}

/** Finds both directories and creates them. Throws a `SlipwayError` when that fails, or one of them is open to others. */
export function machineBases(env: NodeJS.ProcessEnv = process.env): MachineBases {
	const { runtime, state } = machineBasePaths(env, process.getuid?.() ?? 0);
	for (const [folder, variable] of [
		[runtime, 'XDG_RUNTIME_DIR'],
		[state, 'XDG_STATE_HOME'],
	] as const) {
		create(folder, variable);
		checkPrivate(folder);
	}
	return { runtime, state };
}

function create(folder: string, variable: string): void {
	try {
		makeFolder(folder, 0o700);
	} catch (cause) {
		throw new SlipwayError(
			'NO_FILE',
			`The directory ${folder}, for the machines of "slipway run", can't be created (${errorMessage(cause)}). ` +
				`Set ${variable} to a directory that you may write to.`,
			{ cause },
		);
	}
}

/** Returns the paths without touching them, except that it looks for `/run/user/UID`. */
export function machineBasePaths(env: NodeJS.ProcessEnv, uid: number): MachineBases {
	const state = xdgFolder(env['XDG_STATE_HOME']) ?? join(homeFolder(), '.local/state');
	const runtime = xdgFolder(env['XDG_RUNTIME_DIR']) ?? ownFolder(`/run/user/${uid}`, uid);
	return {
		// The name has the user's number, because /tmp is everybody's.
		runtime: runtime === null ? `/tmp/slipway-${uid}` : join(runtime, 'slipway'),
		state: join(state, 'slipway'),
	};
}

function ownFolder(path: string, uid: number): string | null {
	const info = lstatSync(path, { throwIfNoEntry: false });
	return info?.isDirectory() === true && info.uid === uid ? path : null;
}

/** Anyone may create a directory or a link of this name in /tmp before us. */
export function checkPrivate(folder: string): void {
	const info = lstatSync(folder);
	const uid = process.getuid?.() ?? 0;
	if (info.isDirectory() && info.uid === uid && (info.mode & 0o077) === 0) return;
	throw new SlipwayError(
		'BAD_INPUT',
		`${folder} must be a directory of your own that no one else can open (chmod 700), because the sockets and logs ` +
			'of machines are in it. Remove or mend it, or set XDG_RUNTIME_DIR and XDG_STATE_HOME.',
	);
}
