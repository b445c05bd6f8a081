// The option --platform.

import type { Platform } from '../image/descriptor.ts';
import { parsePlatform } from '../image/platform.ts';
import { UsageError } from './command.ts';

export function parsePlatformOption(text: string): Platform {
	const platform = parsePlatform(text);
	if (platform !== null) return platform;
	throw new UsageError(`--platform ${text}: expected OS/ARCH or OS/ARCH/VARIANT, for example linux/arm64.`);
}
