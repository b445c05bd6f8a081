// Brings changed services into a guest that runs: their bundles as an image, through the machine's control channel.

import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { printable } from '../../native/text/printable.ts';
import { throughChannel } from '../control/run-service.ts';
import { SlipwayError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';
import { type TemporaryPaths, temporaryPath } from '../files/temporary-paths.ts';
import type { ImageStore } from '../images/store.ts';
import { beginsBoot } from '../machine/boot-events.ts';
import { createEventReader } from '../machine/guest-events.ts';
import { machineFiles } from '../machine/machine-directories.ts';
import type { MachineEntry } from '../machine/machine-state.ts';
import { packServiceImage } from '../output/service-image.ts';
import type { Plan } from '../resolve/plan.ts';
import { systemTree } from '../system/system-tree.ts';

const maxComplaintCharacters = 4096;

/**
 * Resolves with null once the services have started from their new bundles; otherwise with the reason why they have not, a
 * sentence without its end.
 *
 * @param folder - a directory for the image, which is removed
 */
export async function replaceServices(
	entry: MachineEntry,
	names: readonly string[],
	plan: Plan,
	store: ImageStore,
	folder: string,
	temporary: TemporaryPaths,
): Promise<string | null> {
	const scratch = temporaryPath(folder, temporary);
	try {
		await mkdir(scratch);
		const segments = systemTree(plan, store.blobs);
		const { path, sizeBytes } = await packServiceImage(segments, names, store, scratch, temporary);
		const args = ['replace', String(sizeBytes), ...names];
		const { exitCode, complaint } = await callGuest(entry, args, path);
		// It answers 0 for a service that has failed as well: its state is the caller's next question.
		return exitCode === 0 ? null : complaint.trim().replace(/\.$/, '');
	} catch (error) {
		if (!(error instanceof SlipwayError || isSystemError(error))) throw error;
		return error.message.trim().replace(/\.$/, '');
	} finally {
		await rm(scratch, { recursive: true, force: true });
		temporary.delete(scratch);
	}
}

/** Waits until the service is ready. Resolves with what `service wait` says against it, null when it is ready. */
export async function waitForService(
	entry: MachineEntry,
	name: string,
	timeoutMs: number,
): Promise<string | null> {
	const seconds = String(Math.ceil(timeoutMs / 1000));
	const { exitCode, complaint } = await callGuest(entry, ['wait', '--timeout', seconds, name], null);
	return exitCode === 0 ? null : complaint.trim();
}

async function callGuest(entry: MachineEntry, args: readonly string[], inputPath: string | null) {
	let complaint = '';
	const err = new Writable({
		write(bytes: Buffer, _encoding, done) {
			complaint = `${complaint}${bytes.toString('utf8')}`.slice(0, maxComplaintCharacters);
			done();
		},
	});
	const out = new Writable({ write: (_bytes, _encoding, done) => done() });
	const input = inputPath === null ? null : createReadStream(inputPath);
	try {
		const exitCode = await throughChannel(machineFiles(entry.place))({
			args,
			terminal: false,
			input,
			out,
			err,
		});
		return { exitCode, complaint: printable(complaint.replace(/^service: /, '')) };
	} finally {
		input?.destroy();
	}
}

/**
 * Returns what differs once the machine, or the guest in it, has booted again: a guest that reboots runs what QEMU has read
 * when it started.
 */
export async function bootMark({ record, pid, place }: MachineEntry): Promise<string> {
	let boots = 0;
	const read = createEventReader((event) => {
		if (beginsBoot(event)) boots += 1;
	});
	for await (const chunk of createReadStream(machineFiles(place).eventLog)) read(chunk as Buffer);
	return `${record.startedAt} ${pid} ${boots}`;
}
