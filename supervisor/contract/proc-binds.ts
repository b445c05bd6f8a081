// Which binds a container may have in its /proc. What is written there must reach the kernel, and what is read must come from it, so
// nothing else is laid over it (CVE-2019-16884). The built-in engine refuses the others, as runc does.

import { posix } from 'node:path';

/** The files that LXCFS makes, and those that tools for checkpoints and FIPS replace (runc's `checkProcMount`). */
const replaceable = [
	...['cpuinfo', 'diskstats', 'meminfo', 'stat', 'swaps', 'uptime', 'loadavg', 'slabinfo', 'net/dev'],
	...['sys/kernel/ns_last_pid', 'sys/crypto/fips_enabled'],
].map((name) => `/proc/${name}`);

/** Reports whether a bind is in /proc, by its path alone: links of an image may lead there, too. */
export function isInProc(destination: string): boolean {
	return `${posix.resolve('/', destination)}/`.startsWith('/proc/');
}

export function mayBindInProc(destination: string, source: string): boolean {
	const path = posix.resolve('/', destination);
	return replaceable.includes(path) || (path === '/proc' && posix.resolve('/', source) === '/proc');
}
