// The programs of an image that are applets of PID 1's executable. The executable is bound read-only into the container, at
// the path of each applet, together with the libraries that only this executable uses.
//
// `slipway build` binds them whatever a YAML has in `binds` and `mounts`: a container without its program is useless.
// LinuxKit does not know the label, so the image's settings have the same mounts; they apply unless a YAML has `mounts`.

import { parseJson } from '../../../native/text/parse-json.ts';
import { appletsLabel } from '../../../supervisor/contract/labels.ts';
import { filePathProblem } from '../../config/checks.ts';
import type { ContainerSettings, MountConfig } from '../../config/system-config.ts';
import { SlipwayError } from '../../errors.ts';

/** The same path in the root of the system and in the container. */
export const libraryFolder = '/lib/slipway';

export function appletMounts(applets: readonly string[]): MountConfig[] {
	if (applets.length === 0) return [];
	const bind = (source: string, destination: string): MountConfig => ({
		destination,
		type: 'bind',
		source,
		options: ['bind', 'ro'],
	});
	return [bind(libraryFolder, libraryFolder), ...applets.map((path) => bind('/init', path))];
}

/** @param reference - names the image in an error */
export function withApplets(
	settings: ContainerSettings,
	labels: Readonly<Record<string, string>> | undefined,
	reference: string,
): ContainerSettings {
	const label = labels?.[appletsLabel];
	if (label === undefined) return settings;
	const mounts = appletMounts(parseLabel(label, reference));
	const places = new Set(mounts.map(({ destination }) => destination));
	const others = (settings.mounts ?? []).filter(({ destination }) => !places.has(destination));
	return { ...settings, mounts: [...others, ...mounts] };
}

function parseLabel(label: string, reference: string): readonly string[] {
	const value = parseJson(label);
	const isPath = (each: unknown): each is string =>
		typeof each === 'string' && each.startsWith('/') && filePathProblem(each) === null;
	if (Array.isArray(value) && value.every(isPath)) return value;
	throw new SlipwayError(
		'BAD_IMAGE',
		`The label ${appletsLabel} of ${reference} is ${label}. Expected a list of absolute paths.`,
	);
}
