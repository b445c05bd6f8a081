// Sets static addresses from the kernel's command line (`ip=`). Packages do everything else about networks.

import { readFileSync, writeFileSync } from 'node:fs';
import { initPaths } from '../../../supervisor/contract/layout.ts';
import { ipOptions, nameServerWords } from '../../network/ip-option.ts';
import { setStaticAddress, writeNameServers } from '../../network/static-address.ts';
import { done, type Stage, skipped } from '../stage.ts';
import { resolvConfTarget } from './resolv-conf.ts';

const places = { devices: '/sys/class/net', waitMs: 10_000 };

export const networkStage: Stage = {
	name: 'network',
	fatal: false,
	timeoutMs: 30_000,
	async run({ native }) {
		const commandLine = readFileSync('/proc/cmdline', 'utf8');
		const options = ipOptions(commandLine);
		const problems = options.flatMap((option) => (option.kind === 'wrong' ? [option.problem] : []));
		if (problems.length > 0) throw new Error(problems.join(' '));
		const settings = options.flatMap((option) => (option.kind === 'static' ? [option.settings] : []));
		if (settings.length === 0) {
			const [left] = options.flatMap((option) => (option.kind === 'left' ? [option.how] : []));
			return skipped(left === undefined ? 'no ip= on the command line' : `ip=${left} is left to a package`);
		}
		const described: string[] = [];
		const devices: string[] = [];
		for (const each of settings) {
			const device = await setStaticAddress(native, each, places);
			devices.push(device);
			described.push(`${device} ${each.address}/${each.prefixLength}`);
		}
		writeFileSync(initPaths.staticDevices, [...new Set(devices)].map((device) => `${device}\n`).join(''));
		const servers = [...settings.flatMap((each) => each.nameServers), ...nameServerWords(commandLine)];
		const resolvConf = resolvConfTarget();
		if (servers.length > 0 && resolvConf !== null) writeNameServers(resolvConf, servers);
		return done(described.join(', '));
	},
};
