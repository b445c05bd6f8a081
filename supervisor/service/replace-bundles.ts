// Ends services and puts the bundles of an image in the place of theirs.

import { join } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';
import { mountReplacement } from '../bundle/replacement.ts';
import { removeStateFile } from '../context/state-file.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { phases } from '../contract/phases.ts';
import type { Service } from './service.ts';

export interface Replaced {
	/** The services as they are now, not started yet. */
	readonly fresh: readonly Service[];
	/** Why services keep their bundles, a sentence without its end each. */
	readonly failures: readonly string[];
}

/**
 * Throws before it stops any service when the image can't be mounted or lacks a bundle.
 *
 * @param create - makes a service of a bundle's directory
 */
export async function replaceBundles(
	services: readonly Service[],
	image: number,
	context: SupervisorContext,
	paths: GuestPaths,
	create: (folder: string) => Service,
): Promise<Replaced> {
	const folderOf = (name: string) => join(paths.containers, 'services', name);
	const replacement = mountReplacement(context.native, paths, image);
	try {
		for (const { name } of services) replacement.check(folderOf(name));
		const failures: string[] = [];
		const fresh = await Promise.all(
			services.map(async (service) => {
				const { name } = service;
				service.noteReplacing(true);
				try {
					await service.finish();
					if (!phases[service.state().phase].isFinal) throw new Error('it does not end');
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
