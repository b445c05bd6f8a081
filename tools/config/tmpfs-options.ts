// The options of a tmpfs. The kernel mounts none with a wrong one, so that the container would not start. Only misspelt ones and wrong
// values are found: an option that is unknown here may be one of a newer kernel.

import { nearestName } from '../../native/text/nearest-name.ts';

/** Options of any mount, which runc turns into flags (its libcontainer/specconv/spec_linux.go). */
const flags: readonly string[] = [
	...`async atime defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec noiversion
		nolazytime nomand norelatime nostrictatime nosuid nosymfollow relatime remount ro rw silent strictatime suid sync symfollow
		tmpcopyup`.split(/\s+/),
	...['private', 'slave', 'shared', 'unbindable'].flatMap((each) => [each, `r${each}`]),
];

/** Options of tmpfs(5), also of newer kernels, and whether they have a value. */
const own: Readonly<Record<string, RegExp | null>> = {
	size: /^\d+[kmgt%]?$/i,
	nr_blocks: /^\d+[kmgt]?$/i,
	nr_inodes: /^\d+[kmgt]?$/i,
	mode: /^[0-7]{1,5}$/,
	uid: /^\d+$/,
	gid: /^\d+$/,
	huge: /^(?:never|always|within_size|advise|deny|force)$/,
	mpol: /./,
	inode32: null,
	inode64: null,
	noswap: null,
	quota: null,
	usrquota: null,
	grpquota: null,
};

/** Returns a sentence about the first option that is misspelt or has a wrong value, or null. */
export function tmpfsOptionsProblem(options: readonly string[]): string | null {
	for (const option of options) {
		const [name = '', value] = option.split(/=(.*)/s);
		if (option === '' || flags.includes(option)) continue;
		const form = Object.hasOwn(own, name) ? own[name] : undefined;
		if (form === undefined) {
			const near = nearestName(name, [...flags, ...Object.keys(own)]);
			if (near !== null) return `a tmpfs has no option "${name}". Did you mean "${near}"?`;
			continue;
		}
		if (form === null ? value !== undefined : value === undefined || !form.test(value))
			return `"${option}" is not valid for a tmpfs. Expected ${form === null ? `"${name}"` : (examples[name] ?? `${name}=NUMBER`)}.`;
	}
	return null;
}

const examples: Readonly<Record<string, string>> = {
	size: 'a whole number of bytes, also with k, m or g, such as size=64m',
	mode: 'octal digits, such as mode=1777',
	huge: 'never, always, within_size or advise',
};
