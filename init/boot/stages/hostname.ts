// Sets the hostname: that of /etc/hostname; else the kernel's (its parameter `hostname=`, or the name in `ip=`); else one
// made from the network card's address, as LinuxKit does, so that two machines of one image differ; else `slipway`.

import { hostname } from 'node:os';
import { readTextOrEmpty } from '../../../native/linux/read-text.ts';
import { ipOptions } from '../../network/ip-option.ts';
import { done, type Stage } from '../stage.ts';

export const hostnameStage: Stage = {
	name: 'hostname',
	fatal: false,
	timeoutMs: 5_000,
	run({ native }) {
		const name = chooseHostname({
			file: readTextOrEmpty('/etc/hostname'),
			kernel: ipHostname(readTextOrEmpty('/proc/cmdline')) ?? hostname(),
			networkAddress: readTextOrEmpty('/sys/class/net/eth0/address') || null,
		});
		native.sethostname(name);
		return done(name);
	},
};

/** The kernel takes this name itself when it has the drivers for `ip=`. */
function ipHostname(commandLine: string): string | null {
	const names = ipOptions(commandLine).map((each) =>
		each.kind === 'static' ? each.settings.hostname : null,
	);
	return names.find((name) => name !== null) ?? null;
}

export function chooseHostname(sources: {
	readonly file: string | null;
	readonly kernel: string;
	readonly networkAddress: string | null;
}): string {
	const [firstLine = ''] = (sources.file ?? '').trim().split('\n');
	if (firstLine !== '') return firstLine.trim();
	// `(none)` is the kernel's default: init/version.c, UTS_NODENAME.
	if (sources.kernel !== '' && sources.kernel !== '(none)') return sources.kernel;
	if (sources.networkAddress === null) return 'slipway';
	return `slipway-${sources.networkAddress.trim().replaceAll(':', '')}`;
}
