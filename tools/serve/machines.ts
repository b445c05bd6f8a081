// The YAML file of `slipway serve --machines`: which machine boots which system, with which command line and metadata.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, type Problem } from '../config/config-error.ts';
import { readSources } from '../config/read-sources.ts';
import { list, locatedRecord, record, string, type ValueOf } from '../config/schema.ts';
import { validateYaml } from '../config/validate.ts';
import { SlipwayError } from '../errors.ts';

/** One machine, or all others (`defaultName`). */
export interface Machine {
	readonly name: string;
	/** In lower case with colons; null when any matches. */
	readonly mac: string | null;
	readonly uuid: string | null;
	/** A path below the served directories without its ending; null for the only system that is there. */
	readonly system: string | null;
	/** Words that follow those of the system's command line. */
	readonly append: string;
	readonly hostname: string | null;
	readonly userData: string | null;
}

const defaultName = 'default';
const maxUserDataBytes = 1024 * 1024;

const bootKeys = {
	system: string(
		'The system: the name that `slipway build --name` gave it, with its path below the directory.',
		{
			check: systemProblem,
			examples: ['redis-os'],
		},
	),
	append: string('Words that are added to the kernel command line of the system.', {
		check: appendProblem,
		examples: ['console=ttyS0 ip=dhcp'],
	}),
	hostname: string('The hostname, which the package `metadata` sets.', {
		check: (text) => (/^[\w.-]{1,253}$/.test(text) ? null : `"${text}" is no hostname.`),
	}),
	userData: string('The user data of the machine, as a config drive has it: any text, or JSON of LinuxKit.'),
	userDataFile: string('A file with the user data, relative to this file.'),
};

const machineSchema = record({
	default: locatedRecord(bootKeys),
	machines: list(
		'The machines. The first one that matches is taken.',
		locatedRecord(
			{
				name: string('The name in messages and in the address of the metadata.', {
					check: (text) =>
						/^[A-Za-z0-9][\w.-]{0,63}$/.test(text) && text !== defaultName
							? null
							: `"${text}" is no name of a machine. Expected letters, digits, "-", "_" and ".", and not "${defaultName}".`,
				}),
				mac: string('The address of the network card.', {
					check: macProblem,
					examples: ['52:54:00:12:34:56'],
				}),
				uuid: string('The UUID of the machine (SMBIOS).', {
					check: (text) => (parseUuid(text) === null ? `"${text}" is no UUID.` : null),
				}),
				...bootKeys,
			},
			{
				required: ['name'],
				check: ({ mac, uuid }) =>
					mac === undefined && uuid === undefined ? 'A machine needs "mac" or "uuid", or both.' : null,
			},
		),
		{ unique: 'name' },
	),
});

type MachineFile = ValueOf<typeof machineSchema>;
type BootSection = NonNullable<MachineFile['default']>;

/** Reads the file. Throws a `ConfigError` with all problems, or a `SlipwayError` for a file that can't be read. */
export async function loadMachines(path: string): Promise<readonly Machine[]> {
	const [source] = await readSources([path]);
	const { name, text } = source ?? { name: path, text: '' };
	const { value, problems } = validateYaml(name, text, machineSchema, { what: 'the file of machines' });
	if (problems.length > 0 || value === null) throw new ConfigError(problems);
	const sections = [...(value.machines ?? []), ...(value.default ? [value.default] : [])];
	const clashes = sections.flatMap((each) => userDataProblem(each, text));
	if (clashes.length > 0) throw new ConfigError(clashes);
	const folder = path === '-' ? '.' : dirname(path);
	const named = (value.machines ?? []).map(
		async (each) =>
			await machineOf(each, folder, each.name, parseMac(each.mac ?? ''), parseUuid(each.uuid ?? '')),
	);
	const others = value.default ? [machineOf(value.default, folder, defaultName, null, null)] : [];
	return await Promise.all([...named, ...others]);
}

/** Finds the machine of a request. A machine with a MAC address and a UUID must have both. */
export function findMachine(
	machines: readonly Machine[],
	mac: string | null,
	uuid: string | null,
): Machine | null {
	return (
		machines.find(
			(each) => (each.mac === null || each.mac === mac) && (each.uuid === null || each.uuid === uuid),
		) ?? null
	);
}

/** Returns the address in lower case with colons, or null. Dashes and digits alone are read too. */
export function parseMac(text: string): string | null {
	if (!/^([\da-f]{2}([:-]?)[\da-f]{2}(?:\2[\da-f]{2}){4})$/i.test(text)) return null;
	return (text.toLowerCase().replaceAll(/[:-]/g, '').match(/../g) ?? []).join(':');
}

/** Returns the UUID in lower case, or null. */
export function parseUuid(text: string): string | null {
	return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : null;
}

async function machineOf(
	{ system, append, hostname, userData, userDataFile, at }: BootSection,
	folder: string,
	name: string,
	mac: string | null,
	uuid: string | null,
): Promise<Machine> {
	let data = userData ?? null;
	if (userDataFile !== undefined) {
		const path = resolve(folder, userDataFile);
		try {
			const bytes = await readFile(path);
			if (bytes.length > maxUserDataBytes)
				throw new SlipwayError('BAD_INPUT', `${path}: more than ${maxUserDataBytes} bytes of user data.`);
			data = bytes.toString('utf8');
		} catch (cause) {
			if (cause instanceof SlipwayError) throw cause;
			const where = `${at.file}:${at.line}:${at.column}`;
			throw new SlipwayError('NO_FILE', `${where}: userDataFile ${path} can't be read.`, { cause });
		}
	}
	return {
		name,
		mac,
		uuid,
		system: system ?? null,
		append: append ?? '',
		hostname: hostname ?? null,
		userData: data,
	};
}

function userDataProblem({ userData, userDataFile, at }: BootSection, text: string): Problem[] {
	if (userData === undefined || userDataFile === undefined) return [];
	const excerpt = text.split('\n')[at.line - 1] ?? '';
	return [{ at, message: 'userData and userDataFile exclude each other. Keep one.', excerpt }];
}

function macProblem(text: string): string | null {
	return parseMac(text) === null ? `"${text}" is no MAC address, such as 52:54:00:12:34:56.` : null;
}

/** What a system may be called, wherever the name comes from: it becomes part of iPXE's script. */
export function systemProblem(text: string): string | null {
	const isPath =
		/^[\w.+@/-]{1,500}$/.test(text) && !text.split('/').some((name) => name === '' || name.startsWith('.'));
	return isPath ? null : `"${text}" is no name of a system below the directory, such as redis-os.`;
}

/** iPXE reads the line too: it puts values in place of `${…}`, and `&&` and `||` end a command. */
export function appendProblem(text: string): string | null {
	if (/[^\x20-\x7e]/.test(text)) return 'It has a character that no kernel command line may have.';
	return /\$\{|(^|\s)(&&|\|\||;|\d?>)(\s|$)/.test(text)
		? 'It has "${", "&&", "||", ";" or ">", which iPXE would read as its own.'
		: null;
}
