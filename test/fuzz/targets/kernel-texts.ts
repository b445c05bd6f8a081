// Texts of the kernel, which a boot loader, a device or a mount names: its command line with `ip=`, mountinfo, stat, uevents.

import { parseUevent } from '../../../init/modules/uevents.ts';
import { ipOptions } from '../../../init/network/ip-option.ts';
import { planUnmounts } from '../../../init/shutdown/unmount-plan.ts';
import { isMountPoint, parseMountInfo, rootMountId } from '../../../native/linux/mountinfo.ts';
import { parseProcessStat } from '../../../native/linux/proc-stat.ts';
import { parseKernelCommandLine } from '../../../supervisor/contract/kernel-command-line.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

export const target: FuzzTarget = {
	seeds: [
		'ip=10.0.2.15::10.0.2.2:255.255.255.0:NAME:eth0:off:10.0.2.3 slipway.events=ttyS1 slipway.watchdog=30s slipway.root=copy,rw',
		'22 1 0:1 / /a\\040b rw,relatime shared:1 - tmpfs x rw\n23 22 0:2 /x /a\\040b/c ro - ext4 /dev/vda rw\n',
		'1234 (a) b) S 1 1234 1234 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 5678 1 1 1',
		'add@/devices/x\0MODALIAS=pci:x\0SUBSYSTEM=block\0MAJOR=1\0MINOR=2\0',
	],
	words: [
		' ip=',
		':',
		'255.255.255.0',
		'/24',
		' slipway.',
		'\\040',
		' - ',
		'shared:1',
		'\0MODALIAS=',
		') ',
		'..',
		'/dev/',
	],
	declares: never,
	run(input) {
		const text = input.toString('utf8');
		for (const option of ipOptions(text)) {
			if (option.kind !== 'static') continue;
			const { device, hostname, nameServers, prefixLength } = option.settings;
			if (/[/\s]/.test([device, hostname, ...nameServers].join('')))
				throw new Violation(`ip: ${JSON.stringify(option)}`);
			if (!(prefixLength >= 0 && prefixLength <= 32)) throw new Violation(`ip: a prefix of ${prefixLength}`);
		}
		const { eventPort } = parseKernelCommandLine(text);
		if (eventPort !== null && /(^|\/)\.\.?(\/|$)|^\//.test(eventPort))
			throw new Violation(`the port ${eventPort}`);
		const mounts = parseMountInfo(text);
		isMountPoint(mounts, '/a b');
		rootMountId(mounts);
		planUnmounts(mounts);
		parseProcessStat(text);
		parseUevent(input);
	},
};
