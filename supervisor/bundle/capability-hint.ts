// Which capability a container may have lacked, by the last lines of its program. The kernel does not tell: a refused call fails with
// EPERM or EACCES, and programs print the call and the error. So this is a guess, made only when the container lacks the
// capability, and its words say "may".

import { isRecord } from '../contract/json-shape.ts';
import { bundlePath } from '../contract/layout.ts';
import { readJson } from './bundle.ts';

interface Sign {
	readonly capability: string;
	/** The call or the work, as programs print it. */
	readonly call: RegExp;
}

/** The first that fits counts: `setgroups` before `groups`, the special before the general. */
const signs: readonly Sign[] = [
	{
		capability: 'CAP_NET_BIND_SERVICE',
		call: /\b(?:bind|listen)\b.*[:\s](?:[1-9]\d{0,2}|10[01]\d|102[0-3])\b/i,
	},
	{ capability: 'CAP_SETGID', call: /\b(?:setgroups|initgroups|setgid|setegid|setregid|setresgid)\b/i },
	{
		capability: 'CAP_SETUID',
		call: /\b(?:setuid|seteuid|setreuid|setresuid|switch(?:ing)? user|su|gosu|su-exec)\b/i,
	},
	{ capability: 'CAP_CHOWN', call: /\b[fl]?chown(?:at)?\b|changing ownership/i },
	{ capability: 'CAP_FOWNER', call: /\bf?chmod(?:at)?\b|changing permissions/i },
	{ capability: 'CAP_SYS_CHROOT', call: /\bchroot\b/i },
	{ capability: 'CAP_NET_RAW', call: /\b(?:raw socket|SOCK_RAW|ping|icmp)\b/i },
	{
		capability: 'CAP_NET_ADMIN',
		call: /\b(?:iptables|ip6tables|nft|nftables|RTNETLINK|SIOCS\w+|TUNSETIFF)\b/i,
	},
	{ capability: 'CAP_SYS_TIME', call: /\b(?:settimeofday|clock_settime|adjtimex?|clock_adjtime)\b/i },
	{ capability: 'CAP_SYS_MODULE', call: /\b(?:insmod|modprobe|f?init_module)\b/i },
	{ capability: 'CAP_SYS_RESOURCE', call: /\b(?:setrlimit|prlimit|RLIMIT_\w+)\b/i },
	{ capability: 'CAP_SYS_NICE', call: /\b(?:setpriority|sched_set\w+|renice|nice)\b/i },
	{ capability: 'CAP_SYS_PTRACE', call: /\bptrace\b/i },
	{ capability: 'CAP_MKNOD', call: /\bmknod\b/i },
	{ capability: 'CAP_KILL', call: /\bkill\b/i },
	{ capability: 'CAP_IPC_LOCK', call: /\bmlock(?:all)?\b/i },
	{ capability: 'CAP_SYS_ADMIN', call: /\b(?:u?mount2?|unshare|setns|sethostname|pivot_root|swapon)\b/i },
];

const refused = /operation not permitted|permission denied|\bEPERM\b|\bEACCES\b/i;
const maxQuotedLength = 200;

/** Returns a sentence about the capability that a failed container may lack; null when nothing points to one. Never throws. */
export function capabilityHint(folder: string, lines: readonly string[]): string | null {
	const line = lines.findLast((each) => refused.test(each));
	if (line === undefined) return null;
	try {
		return hintFor(line, heldCapabilities(folder));
	} catch {
		// A guess about a bundle that can't be read has no worth.
		return null;
	}
}

/** @param held - the bounding set, e.g. `CAP_CHOWN` */
export function hintFor(line: string, held: readonly string[]): string | null {
	const sign = refused.test(line) ? signs.find(({ call }) => call.test(line)) : undefined;
	if (sign === undefined || held.includes(sign.capability)) return null;
	return (
		`it may lack the capability ${sign.capability}, which the call in "${line.trim().slice(0, maxQuotedLength)}" needs; ` +
		'"capabilities" in the YAML adds it'
	);
}

function heldCapabilities(folder: string): readonly string[] {
	const spec = readJson(bundlePath(folder, 'config'));
	const process = isRecord(spec) && isRecord(spec['process']) ? spec['process'] : {};
	const sets = isRecord(process['capabilities']) ? process['capabilities'] : {};
	return Array.isArray(sets['bounding']) ? sets['bounding'].filter((each) => typeof each === 'string') : [];
}
