// The option --platform.

import { UsageError } from '../errors.ts';
import type { Platform } from '../images/descriptor.ts';
import { parsePlatform } from '../images/platform.ts';

export function parsePlatformOption(text: string): Platform {
	const platform = parsePlatform(text);
	if (platform !== null) return platform;
	throw new UsageError(`--platform ${text}: expected OS/ARCH or OS/ARCH/VARIANT, for example linux/arm64.`);
}
