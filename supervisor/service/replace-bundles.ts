// Ends services and puts the bundles of an image in the place of theirs.

import { join } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';
import type { MountedReplacement } from '../bundle/replacement.ts';
import { removeStateFile } from '../context/state-file.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { phases } from '../contract/phases.ts';
import type { Service } from './service.ts';

export type ReplaceableService = Pick<
	Service,
	'name' | 'state' | 'start' | 'stop' | 'finish' | 'noteReplacing'
>;

export interface Replaced {
	/** The services as they are now, not started yet. */
	readonly fresh: readonly Service[];
	/** Why services keep their bundles, a sentence without its end each. */
	readonly failures: readonly string[];
}

/**
 * Throws before it stops any service when the image lacks a bundle. Closes the image in any case.
 *
 * @param create - makes a service of a bundle's directory
 */
export async function replaceBundles(
	services: readonly ReplaceableService[],
	replacement: MountedReplacement,
	paths: GuestPaths,
	create: (folder: string) => Service,
): Promise<Replaced> {
	const folderOf = (name: string) => join(paths.containers, 'services', name);
	try {
		for (const { name } of services) replacement.check(folderOf(name));
		const failures: string[] = [];
		const fresh = await Promise.all(
			services.map(async (service) => {
				const { name } = service;
				service.noteReplacing(true);
				try {
					await service.stop();
					if (!phases[service.state().phase].isFinal) {
						// Its bundle and volumes stay its own until its process is gone.
						await service.start();
						throw new Error('it does not end, and starts again when it has ended');
					}
					await service.finish();
				} catch (error) {
					// The others have ended, and are to start again.
					failures.push(`${name}: ${errorMessage(error)}`);
					service.noteReplacing(false);
					return [];
				}
				try {
					replacement.place(folderOf(name));
				} catch (error) {
					// It starts again from the bundle that is there.
					failures.push(`${name}: ${errorMessage(error)}`);
				}
				// The other one has written and counted nothing yet.
				removeStateFile(stateFiles(paths).service(name));
				return [create(folderOf(name))];
			}),
		);
		return { fresh: fresh.flat(), failures };
	} finally {
		replacement.close();
	}
}
