// Which formats a build writes: those of `--format`, else those that the YAML's `outputs` names (a key of LinuxKit's
// files of 2017), else kernel and initrd.

import { SlipwayError, UsageError } from '../errors.ts';

const formats = ['kernel+initrd', 'tar'] as const;

export type Format = (typeof formats)[number];

export interface ChosenFormats {
	readonly formats: readonly Format[];
	/** Names in `outputs` that are not written (yet). */
	readonly leftOut: readonly string[];
}

/**
 * @param asked - of `--format`, each a name or several with commas between
 * @param outputs - of the YAML
 */
export function chooseFormats(asked: readonly string[], outputs: readonly string[]): ChosenFormats {
	const names = asked.flatMap((each) => each.split(','));
	for (const name of names) {
		if (!isFormat(name)) throw new UsageError(`--format ${name}: expected ${formats.join(' or ')}.`);
	}
	if (names.length > 0) return { formats: [...new Set(names.filter(isFormat))], leftOut: [] };
	if (outputs.length === 0) return { formats: ['kernel+initrd'], leftOut: [] };
	const known = [...new Set(outputs.filter(isFormat))];
	const leftOut = outputs.filter((name) => !isFormat(name));
	if (known.length === 0) {
		throw new SlipwayError(
			'NO_FORMAT',
			`outputs: none of ${leftOut.join(', ')} can be written yet. Say --format ${formats.join(' or --format ')}.`,
		);
	}
	return { formats: known, leftOut };
}

function isFormat(name: string): name is Format {
	return (formats as readonly string[]).includes(name);
}
