// Checks of values in LinuxKit's format. Each returns null, or a sentence about the fault that follows the key's name.

import { nearestName } from '../../native/text/nearest-name.ts';
import { capabilityNames } from '../../supervisor/contract/capabilities.ts';
import { limitNames } from '../../supervisor/contract/resource-limits.ts';
import { parsePlatform } from '../../supervisor/image/platform.ts';
import { parseReference } from '../images/reference.ts';
import type { RecordCheck } from './schema.ts';
import { bytesOf } from './sizes.ts';
import { tmpfsOptionsProblem } from './tmpfs-options.ts';

/** `@pkg:PATH` in the place of an image; templates.ts resolves it. */
export const templatePrefix = '@pkg:';

function templateProblem(image: string): string | null {
	if (!image.startsWith(templatePrefix)) return `"${image}" is not a template. Expected @pkg:PATH.`;
	return image === templatePrefix
		? '"@pkg:" needs the directory of a package, such as "@pkg:../pkg/init".'
		: null;
}

/** Accepts an empty text as well, because another file may name the kernel. */
export function kernelImageProblem(image: string): string | null {
	return image === '' ? null : imageProblem(image);
}

export function imageProblem(image: string): string | null {
	if (image.startsWith('@')) return templateProblem(image);
	try {
		parseReference(image);
		return null;
	} catch (error) {
		const [, variable] = /\$(\w+)/.exec(image) ?? [];
		const hint =
			variable === undefined
				? ''
				: ` Write "\${${variable}}", and give its value by --var ${variable}=VALUE.`;
		return `${(error as Error).message}${hint}`;
	}
}

const withoutMeaning = 'It has no meaning here. Leave it out.';

/** Options of Docker and misspelt ones. The kernel ignores them at a bind, and the container could write where it must not. */
const bindWords: Readonly<Record<string, string>> = {
	readonly: 'Did you mean "ro"?',
	'read-only': 'Did you mean "ro"?',
	r: 'Did you mean "ro"?',
	RO: 'Did you mean "ro"?',
	readwrite: 'Did you mean "rw"?',
	w: 'Did you mean "rw"?',
	z: withoutMeaning,
	Z: withoutMeaning,
	cached: withoutMeaning,
	delegated: withoutMeaning,
	consistent: withoutMeaning,
	nocopy: withoutMeaning,
};

export function bindProblem(bind: string): string | null {
	const form = 'Expected SOURCE:DESTINATION[:OPTIONS].';
	const parts = bind.split(':');
	if (parts.length < 2)
		return `"${bind}" has no ":". ${form}${bind.startsWith('/') ? ` Did you mean "${bind}:${bind}"?` : ''}`;
	if (parts.length > 3) return `"${bind}" has more than two ":". ${form}`;
	if (parts[0] === '' || parts[1] === '') return `"${bind}" lacks a path. ${form}`;
	const options = parts[2]?.split(',') ?? [];
	const other = options.find((each) => Object.hasOwn(bindWords, each));
	return other === undefined ? null : `"${bind}" has the option "${other}". ${bindWords[other] ?? ''}`;
}

export function tmpfsProblem(tmpfs: string): string | null {
	const form = 'Expected DESTINATION[:OPTIONS].';
	const parts = tmpfs.split(':');
	if (parts.length > 2) return `"${tmpfs}" has more than one ":". ${form}`;
	if (parts[0] === '') return `"${tmpfs}" has no destination. ${form}`;
	return tmpfsOptionsProblem(parts[1]?.split(',') ?? []);
}

/** Accepts a relative path, as LinuxKit does. */
export function namespaceProblem(value: string): string | null {
	return namespaceWordProblem(value, ['host', 'new']);
}

export function userNamespaceProblem(value: string): string | null {
	return namespaceWordProblem(value, ['host', 'auto', 'new']);
}

export function networkProblem(value: string): string | null {
	const problem = namespaceWordProblem(value, ['host', 'bridge', 'none', 'new']);
	if (problem === null || problem.includes('Did you mean')) return problem;
	return `${problem} A network of "networks" is joined by networks: [${value}].`;
}

function namespaceWordProblem(value: string, words: readonly string[]): string | null {
	// LinuxKit has "root" for "host", and an empty text for the default.
	if (value === '' || value === 'root' || words.includes(value) || value.includes('/')) return null;
	const near = nearestName(value, words);
	const hint = near === null ? '' : ` Did you mean "${near}"?`;
	return (
		`"${value}" is no namespace. Expected ${words.map((word) => `"${word}"`).join(', ')} or the absolute path of one, such ` +
		`as one that "runtime: bindNS" of another container makes.${hint}`
	);
}

/** runc starts no container with a variable that has no "=". */
export function environmentProblem(variable: string): string | null {
	if (variable.indexOf('=') > 0) return null;
	const name = variable.replace(/^=/, '');
	if (!/^\w+$/.test(name)) return `"${variable}" is no variable. Expected NAME=VALUE.`;
	return (
		`"${variable}" is no variable. Expected NAME=VALUE. Write "${name}=" for an empty one; a value of this machine comes by ` +
		`"${name}=\${${name}}" and --var ${name}=VALUE.`
	);
}

export function capabilityProblem(name: string): string | null {
	if (/^(all|none)$/i.test(name) || capabilityNames.includes(name)) return null;
	if (name === '*') return '"*" is not a capability. Did you mean all?';
	const words = name.split(/[,\s]+/).filter((word) => word !== '');
	if (words.length > 1 && words.every((word) => capabilityProblem(word) === null))
		return `"${name}" is not a capability. Did you mean ${words.join(', ')}, with a comma between?`;
	const upper = name.toUpperCase();
	const near = [upper, `CAP_${upper}`].find((each) => capabilityNames.includes(each));
	const nearest = near ?? nearestName(upper.replace(/^(CAP_)?/, 'CAP_'), capabilityNames);
	return `"${name}" is not a capability.${nearest === null ? '' : ` Did you mean ${nearest}?`} See capabilities(7).`;
}

export function rlimitProblem(rlimit: string): string | null {
	const parts = rlimit.split(',').map((part) => part.trim());
	const numbers = parts.slice(1).every((part) => /^(\d+|unlimited)$/i.test(part));
	if (parts.length !== 3 || !numbers) {
		const [, limit = '', soft = '', hard = soft] = /^(\w+)[=:,](\d+)(?:[:,](\d+))?$/.exec(rlimit) ?? [];
		const hint = limit === '' ? '' : ` Did you mean "${limit},${soft},${hard}"?`;
		return `"${rlimit}" is not a limit. Expected NAME,SOFT,HARD with numbers or "unlimited".${hint}`;
	}
	if (parts.slice(1).some((part) => /^\d/.test(part) && BigInt(part) >= 2n ** 64n)) {
		return `"${rlimit}" has a number of more than 64 bits; say "unlimited".`;
	}
	const name = (parts[0] ?? '').toUpperCase().replace(/^RLIMIT_/, '');
	if (limitNames.includes(name)) return null;
	const near = nearestName(name, limitNames);
	return `"${parts[0]}" is not a limit.${near === null ? '' : ` Did you mean ${near}?`} See getrlimit(2).`;
}

function noMode(mode: string): string {
	const meant = octalOf(mode);
	const hint = meant === null ? 'Expected octal digits, such as "0644".' : `Did you mean "${meant}"?`;
	return `"${mode}" is not a mode. ${hint}`;
}

/** Returns the octal digits of a mode as Node and Python write it, or as `ls -l` shows it; else null. */
function octalOf(mode: string): string | null {
	const [, digits = ''] = /^0o([0-7]{3,4})$/i.exec(mode) ?? [];
	if (digits !== '') return digits.padStart(4, '0');
	if (!/^[-dl]?(?:[r-][w-][x-]){3}$/.test(mode)) return null;
	const bits = [...mode.slice(-9)].map((each) => (each === '-' ? '0' : '1')).join('');
	return Number.parseInt(bits, 2).toString(8).padStart(4, '0');
}

export function octalProblem(mode: string): string | null {
	return /^[0-7]{1,5}$/.test(mode) ? null : noMode(mode);
}

/** Accepts what LinuxKit accepts: also an empty text, for the default, and the bits above 07777 that `stat` prints. */
export function fileModeProblem(mode: string): string | null {
	return mode === '' || /^0*[0-7]{1,6}$/.test(mode) ? null : noMode(mode);
}

/** Accepts the names that runc accepts (its libcontainer/factory_linux.go). */
export function nameProblem(name: string): string | null {
	if (/^[A-Za-z0-9_+,.-]+$/.test(name) && name !== '.' && name !== '..') return null;
	return `"${name}" is not a name. Expected letters, digits, "_", "." and "-".`;
}

/** Accepts the names that containerd accepts (its identifiers/validate.go), which runs the services only. */
export function serviceNameProblem(name: string): string | null {
	if (/^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/.test(name) && name.length <= 76) return null;
	return `"${name}" is not a name. Expected at most 76 letters and digits, with single "_", "." and "-" between them.`;
}

export function volumeNameProblem(name: string): string | null {
	return /^[a-z0-9_-]+$/.test(name)
		? null
		: `"${name}" is not a name for a volume. Expected a-z, 0-9, "_" and "-".`;
}

export const volumeFormats: readonly string[] = ['filesystem', 'oci'];

export function volumeFormatProblem(format: string): string | null {
	return format === '' || volumeFormats.includes(format)
		? null
		: `"${format}" is not a format of a volume. Expected ${volumeFormats.join(' or ')}.`;
}

export function platformProblem(platform: string): string | null {
	return parsePlatform(platform) === null
		? `"${platform}" is not a platform. Expected OS/ARCHITECTURE, such as linux/arm64.`
		: null;
}

export const volumeProblem: RecordCheck = (volume) => {
	if (volume['format'] !== 'oci') {
		const problem = 'platforms go with "format: oci" only.';
		return volume['platforms'] === undefined ? null : { key: 'platforms', problem };
	}
	return (volume['image'] ?? '') === '' ? 'a volume with "format: oci" needs an image.' : null;
};

export function trustProblem(trust: Readonly<Record<string, unknown>>): string | null {
	const keys = trust['keys'];
	if (trust['maxAge'] === undefined || (Array.isArray(keys) && keys.length > 0)) return null;
	return '"maxAge" is the age of a signature, and needs "keys".';
}

/** Accepts a path of `files:` that does not lead out of the root. */
export function filePathProblem(path: string): string | null {
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (path.includes('\0')) return `"${path}" has a NUL in it, which no path can have.`;
	if (parts.includes('..')) return `"${path}" goes back up by "..". Write the path without it.`;
	return parts.length === 0 ? 'the path is empty.' : null;
}

export const fileProblem: RecordCheck = (file) => {
	const isFolder = file['directory'] === true;
	// An empty text counts as absent, except for `contents`.
	const given = ['contents', 'source', 'metadata', 'symlink'].filter(
		(key) => file[key] !== undefined && (key === 'contents' || file[key] !== ''),
	);
	const [first = '', second = ''] = given;
	if (second !== '') return { key: second, problem: `a file has one of ${given.join(' and ')}, not both.` };
	if (isFolder && first !== '') return { key: first, problem: `a directory has no ${first}.` };
	if (!isFolder && given.length === 0) {
		return 'a file needs one of contents, source, symlink, metadata, or "directory: true".';
	}
	if (given.includes('metadata') && !['json', 'yaml'].includes(String(file['metadata']))) {
		return { key: 'metadata', problem: `metadata is "${String(file['metadata'])}". Expected json or yaml.` };
	}
	const path = String(file['path'] ?? '');
	if (isFolder || !path.endsWith('/')) return null;
	return { key: 'path', problem: `"${path}" ends in "/", but is not a "directory: true".` };
};

/** The types of mknod(1), and `a` for all types. */
const deviceTypes: readonly string[] = ['a', 'b', 'c', 'u', 'p'];

/** Requires type and mode of a device with a node; the path `all` is a rule without a node. */
export function deviceProblem(device: Readonly<Record<string, unknown>>): string | null {
	const { path, type = '', mode = '' } = device;
	if (path === '') return 'a device needs a path.';
	if (type !== '' && !deviceTypes.includes(String(type))) {
		return `"${String(type)}" is not a type of device. Expected c (character) or b (block).`;
	}
	if (path === 'all') return null;
	if (type === '') return 'a device needs a type, c (character) or b (block).';
	return mode === '' ? 'a device needs a mode, such as "0666".' : null;
}

const selfNamed: readonly string[] = ['mqueue', 'devpts', 'proc', 'sysfs', 'cgroup'];

/** Checks a mount of a container; a mount of `runtime:` may omit more. An empty text counts as absent. */
export function mountProblem(mount: Readonly<Record<string, unknown>>): string | null {
	const [type = '', source = '', destination = ''] = ['type', 'source', 'destination'].map((key) =>
		String(mount[key] ?? ''),
	);
	const implied = type === '' && selfNamed.includes(source) ? source : type;
	if (implied === '' && destination !== '/dev') {
		return `the mount on ${destination === '' ? 'nowhere' : destination} has no type. Add one, such as "type: bind".`;
	}
	if (destination === '' && !selfNamed.includes(implied)) {
		return `the mount of type ${implied} has no destination.`;
	}
	const { options } = mount;
	return implied === 'tmpfs' && Array.isArray(options) ? tmpfsOptionsProblem(options.map(String)) : null;
}

/** Accepts a limit of the runtime-spec. The kernel takes no negative one but -1, which runc replaces by "max". */
export function countProblem(limit: number | bigint): string | null {
	return limit < -1 ? `${limit} is no limit. -1 means no limit.` : null;
}

export function memoryLimitProblem(limit: number | bigint): string | null {
	if (limit <= 0 || limit >= leastMemoryBytes) return countProblem(limit);
	return `${limit} bytes are less than any program needs. Did you mean ${limit} MiB, which are ${bytesOf(`${limit}M`)} bytes?`;
}

/** A page: the kernel counts in these. */
const leastMemoryBytes = 4096;

/** Accepts what the kernel takes for a list of processors or memory nodes (cpuset(7), List format). */
export function cpuListProblem(text: string): string | null {
	const isRange = (part: string): boolean => {
		const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5})(?::\d+\/\d+)?)?$/.exec(part.trim()) ?? [];
		return first !== '' && Number(first) <= Number(last);
	};
	if (text.trim() === '' || text.split(',').every(isRange)) return null;
	return `"${text}" is not a list of numbers. Expected one such as "0-1,3".`;
}

/** The kernel's limit (sethostname(2)). */
const longestHostname = 64;

export function hostnameProblem(name: string): string | null {
	const { length } = Buffer.from(name);
	return length > longestHostname
		? `"${name}" has ${length} bytes. A hostname has ${longestHostname} at most.`
		: null;
}

export function capabilitiesProblem(names: readonly string[]): string | null {
	const whole = names.find((name) => /^(all|none)$/i.test(name));
	return whole !== undefined && names.length > 1 ? `"${whole}" stands alone or not at all.` : null;
}
