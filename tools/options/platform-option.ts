// The option --platform of the commands that fetch or send one platform of an image.

import type { Platform } from '../../supervisor/image/descriptor.ts';
import { parsePlatform } from '../../supervisor/image/platform.ts';
import { UsageError } from '../errors.ts';

/** The value of the option; each command adds the help. */
export const platformValue = {
	value: 'OS/ARCH',
	completes: ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/riscv64'],
} as const;

export function parsePlatformOption(text: string): Platform {
	const platform = parsePlatform(text);
	if (platform !== null) return platform;
	throw new UsageError(`--platform ${text}: expected OS/ARCH or OS/ARCH/VARIANT, for example linux/arm64.`);
}
