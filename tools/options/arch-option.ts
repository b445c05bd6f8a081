// The option --arch of the commands that build or boot for a processor.

import {
	hostProcessor,
	type Processor,
	processorNamed,
	processors,
} from '../../supervisor/contract/processors.ts';
import type { Platform } from '../../supervisor/image/descriptor.ts';
import { UsageError } from '../errors.ts';

const names = Object.keys(processors);

/** The option; each command adds the group and the help. */
export const archValue = {
	value: 'ARCH',
	completes: names,
	defaultText: "this machine's",
} as const;

/** Reads the value of `--arch`; the kernel's names are taken too. Throws a `UsageError`. */
export function parseArch(text: string | undefined): Processor {
	if (text === undefined) return hostProcessor;
	const found = processorNamed(text);
	if (found !== null) return found;
	throw new UsageError(`--arch ${text}: slipway builds and boots systems for ${names.join(' and ')}.`);
}

export function platformOf({ name }: Processor): Platform {
	return { os: 'linux', architecture: name };
}
