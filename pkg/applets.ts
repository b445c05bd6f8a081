// The table of applets by the name under which they are called. Each import is a separate part of the executable's
// script, so that only the applet that is called gets loaded.

import type { Applet } from './applet/applet.ts';

export const applets: ReadonlyMap<string, () => Promise<Applet>> = new Map<string, () => Promise<Applet>>([
	['format', async () => (await import('./format/format.ts')).format],
	['metadata', async () => (await import('./metadata/metadata.ts')).metadata],
	['mountie', async () => (await import('./mount/mountie.ts')).mountie],
	['network', async () => (await import('./network/network.ts')).network],
	['poweroff.sh', async () => (await import('./poweroff/poweroff.ts')).poweroff],
	['rngd', async () => (await import('./rngd/rngd.ts')).rngd],
	['sh', async () => (await import('./poweroff/poweroff.ts')).poweroffByShell],
	['swap.sh', async () => (await import('./swap/swap.ts')).swap],
	['sysctl', async () => (await import('./sysctl/sysctl.ts')).sysctl],
	['sysfs', async () => (await import('./sysfs/sysfs.ts')).sysfs],
]);
