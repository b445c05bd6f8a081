// What a string of LinuxKit's format must look like. Each check says what is wrong in words that follow the key.

import { parsePlatform } from '../image/platform.ts';
import { parseReference } from '../image/reference.ts';
import { capabilityNames } from './capabilities.ts';
import { nearestWord } from './nearest.ts';
import { templateProblem } from './templates.ts';

export function imageProblem(image: string): string | null {
	if (image.startsWith('@')) return templateProblem(image);
	try {
		parseReference(image);
		return null;
	} catch (error) {
		return (error as Error).message;
	}
}

export function bindProblem(bind: string): string | null {
	const parts = bind.split(':');
	if (parts.length < 2) return `"${bind}" has no ":". Expected SOURCE:DESTINATION[:OPTIONS].`;
	if (parts.length > 3) return `"${bind}" has more than two ":". Expected SOURCE:DESTINATION[:OPTIONS].`;
	return null;
}

export function tmpfsProblem(tmpfs: string): string | null {
	return tmpfs.split(':').length > 2
		? `"${tmpfs}" has more than one ":". Expected DESTINATION[:OPTIONS].`
		: null;
}

export function capabilityProblem(name: string): string | null {
	if (/^(all|ALL|none|NONE)$/.test(name) || capabilityNames.includes(name)) return null;
	const upper = name.toUpperCase();
	const near = [upper, `CAP_${upper}`].find((each) => capabilityNames.includes(each));
	return `"${name}" is not a capability${near === undefined ? '' : `; did you mean ${near}`}. See capabilities(7).`;
}

/** Of getrlimit(2), without `RLIMIT_`. */
const limitNames: readonly string[] = [
	...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS'],
	...['SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
];

export function rlimitProblem(rlimit: string): string | null {
	const parts = rlimit.split(',').map((part) => part.trim());
	const numbers = parts.slice(1).every((part) => /^(\d+|unlimited)$/i.test(part));
	if (parts.length !== 3 || !numbers) {
		return `"${rlimit}" is not a limit. Expected NAME,SOFT,HARD with numbers or "unlimited".`;
	}
	const name = (parts[0] ?? '').toUpperCase().replace(/^RLIMIT_/, '');
	if (limitNames.includes(name)) return null;
	const near = nearestWord(name, limitNames);
	return `"${parts[0]}" is not a limit${near === null ? '' : `; did you mean ${near}`}. See getrlimit(2).`;
}

export function octalProblem(mode: string): string | null {
	return /^[0-7]{1,5}$/.test(mode) ? null : `"${mode}" is not a mode. Expected octal digits, such as "0644".`;
}

export function nameProblem(name: string): string | null {
	if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return null;
	return `"${name}" is not a name. Expected letters, digits, "_", "." and "-".`;
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

export function volumeProblem(volume: Readonly<Record<string, unknown>>): string | null {
	if (volume['format'] !== 'oci') {
		return volume['platforms'] === undefined ? null : 'platforms go with "format: oci" only.';
	}
	return volume['image'] === undefined ? 'a volume with "format: oci" needs an image.' : null;
}

/** A path of `files:`; it must not lead out of the root. */
export function filePathProblem(path: string): string | null {
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (parts.length === 0) return 'the path is empty.';
	return parts.includes('..') ? `"${path}" leads out of the root.` : null;
}

export function fileProblem(file: Readonly<Record<string, unknown>>): string | null {
	const given = ['contents', 'source', 'metadata', 'symlink'].filter((key) => file[key] !== undefined);
	if (given.length > 1) return `a file has one of ${given.join(' and ')}, not both.`;
	if (file['directory'] === true && given.length > 0) return `a directory has no ${given.join(', ')}.`;
	if (file['directory'] !== true && given.length === 0) {
		return 'a file needs one of contents, source, symlink, metadata, or "directory: true".';
	}
	if (file['metadata'] !== undefined && !['json', 'yaml'].includes(String(file['metadata']))) {
		return `metadata is "${String(file['metadata'])}". Expected json or yaml.`;
	}
	return null;
}

/** Only devices of one's own have numbers and a mode; `all` stands for a kind as a whole. */
export function deviceProblem(device: Readonly<Record<string, unknown>>): string | null {
	if (device['path'] === 'all') return null;
	return device['mode'] === undefined ? 'a device needs a mode, such as "0666".' : null;
}

const selfNamed: readonly string[] = ['mqueue', 'devpts', 'proc', 'sysfs', 'cgroup'];

/** A mount of a container; one of `runtime:` may leave out more. */
export function mountProblem(mount: Readonly<Record<string, unknown>>): string | null {
	const { destination, source } = mount;
	const type = mount['type'] ?? (selfNamed.includes(String(source)) ? source : undefined);
	if (type === undefined && destination !== '/dev') {
		return `the mount on ${String(destination ?? 'nowhere')} has no type. Add one, such as "type: bind".`;
	}
	if (destination === undefined && !selfNamed.includes(String(type))) {
		return `the mount of type ${String(type)} has no destination.`;
	}
	return null;
}

export function capabilitiesProblem(names: readonly string[]): string | null {
	const whole = names.find((name) => /^(all|none)$/i.test(name));
	return whole !== undefined && names.length > 1 ? `"${whole}" stands alone or not at all.` : null;
}
