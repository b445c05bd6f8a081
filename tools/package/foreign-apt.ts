// apt for another processor than the machine's: a configuration of its own (apt.conf(5)), with the machine's sources and keys,
// package lists of that processor, and nothing installed. The machine's apt and dpkg never hear of the processor.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { withFileLock } from '../files/file-lock.ts';
import { replaceFile } from '../files/replace-file.ts';
import { runTool } from '../files/run-tool.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';

/** Security updates come several times a day; each call of a command needs no request. */
const maxListAgeMs = 24 * 60 * 60 * 1000;

/**
 * Returns the environment for apt's tools; empty for the machine's own processor. Downloads the package lists when there are
 * none, or when they are older than a day.
 *
 * @param folder - the directory of the configuration and lists; it is created
 */
export async function aptEnvironment(
	processor: Processor,
	folder: string,
	temporary: TemporaryPaths,
): Promise<Readonly<Record<string, string>>> {
	if (processor === hostProcessor) return {};
	const place = join(folder, `apt-${processor.name}`);
	for (const each of ['state/lists/partial', 'cache/archives/partial']) makeFolder(join(place, each), 0o777);
	const settings = join(place, 'apt.conf');
	const environment = { APT_CONFIG: settings };
	await withFileLock(join(place, '.lock'), temporary, async () => {
		await writeOnce(settings, configuration(processor, place), temporary);
		await writeOnce(join(place, 'status'), '', temporary);
		const updated = join(place, 'updated');
		if (ageMs(updated) < maxListAgeMs) return;
		try {
			// By default apt ends well without an index that could not be had, which would be missed for a day.
			await runTool('apt-get', ['update', '-q', '-o', 'APT::Update::Error-Mode=any'], { env: environment });
		} catch (cause) {
			throw new SlipwayError(
				'TOOL_FAILED',
				`The package lists for ${processor.name} can't be downloaded from the archives of /etc/apt: ${(cause as Error).message}`,
				{ cause },
			);
		}
		writeFileSync(updated, '');
	});
	return environment;
}

/** Another process may run apt with the file, so one that is right is left alone, and another one is replaced at once. */
async function writeOnce(path: string, text: string, temporary: TemporaryPaths): Promise<void> {
	if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
	await replaceFile(path, temporary, async (file) => writeFileSync(file, text));
}

/** Throws a `SlipwayError` for a directory that no value of apt.conf(5) can name: a quoted one ends at the next quote. */
function configuration({ name }: Processor, place: string): string {
	if (/["\\\n]/.test(place)) {
		const message = `apt can't use the directory ${place}, as its name has a quote, a backslash or a line break. Name another one by --cache.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	return [
		`APT::Architecture "${name}";`,
		`APT::Architectures { "${name}"; };`,
		`Dir::State "${join(place, 'state')}";`,
		`Dir::State::status "${join(place, 'status')}";`,
		`Dir::Cache "${join(place, 'cache')}";`,
		'Acquire::Languages "none";',
		// The sandbox user of apt can't write below the directory of the caller.
		'APT::Sandbox::User "root";',
		'',
	].join('\n');
}

function ageMs(file: string): number {
	const status = statSync(file, { throwIfNoEntry: false });
	return status === undefined ? Number.POSITIVE_INFINITY : Date.now() - status.mtimeMs;
}
