// The applets by the name that they are called by. What is not called is not loaded: each import is an own part of
// the executable's script.

import type { Applet } from './applet.ts';

export const applets: ReadonlyMap<string, () => Promise<Applet>> = new Map<string, () => Promise<Applet>>([
	['format', async () => (await import('./format/format.ts')).format],
	['mountie', async () => (await import('./mount/mountie.ts')).mountie],
	['sysctl', async () => (await import('./sysctl/sysctl.ts')).sysctl],
]);
