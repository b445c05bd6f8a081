// `service replace`, with which `slipway dev` brings a change into the running guest: takes an image of other bundles from stdin.
// It is no command for people, so that the table and the help don't have it.

import { createWriteStream, existsSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { availableMemoryBytes } from '../../native/linux/available-memory.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { type GuestPaths, guestPaths, replacementPaths } from '../contract/layout.ts';
import type { ServiceStatus } from '../contract/protocol.ts';
import { type CallerStreams, type Command, UsageError } from './command.ts';
import { RequestError } from './control-requests.ts';
import { jsonLines, plain, someNames } from './plain-command.ts';

/** What the guest keeps free, besides the image. */
const marginBytes = 32 * 2 ** 20;
/** What stays free in /run, where PID 1 keeps its state: it has a tenth of the memory, and the images that services run from. */
const runMarginBytes = 2 ** 20;

/** How the guest says what is free. */
interface Room {
	/** Returns the text of /proc/meminfo. */
	memory(): string;
	/** Returns the free bytes of the file system of a directory. */
	free(folder: string): number;
}

const guestRoom: Room = {
	memory: () => readFileSync('/proc/meminfo', 'utf8'),
	free(folder) {
		const { bavail, bsize } = statfsSync(folder);
		return bavail * bsize;
	},
};

export const replaceCommand: Command<CallerStreams> = plain<CallerStreams>({
	name: 'replace',
	brief: ['BYTES NAME...', 'run services from an image on stdin'],
	usage: 'BYTES NAME...',
	help: ['run services from the bundles of a squashfs image on stdin, which has BYTES; for slipway dev'],
	names: someNames,
	async run({ client, names: [size = '', ...names], out }) {
		const bytes = /^\d{1,15}$/.test(size) ? Number(size) : null;
		if (bytes === null || names.length === 0)
			throw new UsageError('replace needs the size of the image in bytes, and the names of services.');
		const image = process.pid;
		await receiveImage(process.stdin, bytes, image);
		const request = { command: 'replace', names, image } as const;
		out.write(jsonLines(await client.request<readonly ServiceStatus[]>(request)));
		return 0;
	},
});

/** Writes the image into the memory of the guest. Throws `RequestError`; then nothing stays. */
export async function receiveImage(
	input: Readable,
	bytes: number,
	image: number,
	paths: Pick<GuestPaths, 'state'> = guestPaths,
	room: Room = guestRoom,
): Promise<void> {
	const available = availableMemoryBytes(room.memory());
	if (bytes + marginBytes > available) throw tooLarge(bytes + marginBytes, 'beside what runs', available);
	const { folder, file } = replacementPaths(paths, image);
	makeFolder(folder);
	removeLeftovers(folder, image);
	const free = room.free(folder);
	if (bytes + runMarginBytes > free) throw tooLarge(bytes + runMarginBytes, `in ${folder}`, free);
	let received = 0;
	const counted = async function* (): AsyncGenerator<Buffer, void> {
		for await (const chunk of input as AsyncIterable<Buffer>) {
			received += chunk.length;
			if (received > bytes) break;
			yield chunk;
		}
	};
	try {
		await pipeline(counted(), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
		if (received !== bytes)
			throw new RequestError('failed', `the image has ${received} bytes or more, not ${bytes}.`);
	} catch (error) {
		rmSync(file, { force: true });
		throw error;
	}
}

/** Removes what killed processes have left: the number of an image is that of its process. */
function removeLeftovers(folder: string, own: number): void {
	for (const name of readdirSync(folder)) {
		const [, pid] = /^(\d+)\.squashfs$/.exec(name) ?? [];
		if (pid === undefined) continue;
		if (Number(pid) === own || !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { force: true });
	}
}

function tooLarge(neededBytes: number, where: string, leftBytes: number): RequestError {
	const needed = Math.ceil(neededBytes / 2 ** 20);
	const left = Math.floor(leftBytes / 2 ** 20);
	return new RequestError(
		'failed',
		`the changed services need ${needed} MiB of memory ${where}, and ${left} MiB are left`,
	);
}
