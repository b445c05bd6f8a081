// `slipway keys new`: makes the keys of Secure Boot, and variables of QEMU's firmware in which they are enrolled.

import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { jsonText } from '../../native/text/json-text.ts';
import { hostProcessor, processors } from '../../supervisor/contract/processors.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { runTool } from '../files/run-tool.ts';
import { findSecureFirmware, lookForSecureFirmware, variablesNames } from '../machine/firmware.ts';
import { secureBootVariables, withVariables } from '../media/efi-variables.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Makes the directory DIR with the keys of Secure Boot: PK, the platform's, KEK, which may change db, and db, which
signs what is booted. Each is a private key (.key), its certificate in PEM (.crt), and in DER (.cer) for the menus of
firmware. OVMF_VARS.fd are the variables of QEMU's firmware in which all three are enrolled, and AAVMF_VARS.fd the same
for ARM; the one for another processor than this machine's only where that firmware is installed. A directory that is
there already stays as it is.`;

const notes = `Whoever has db.key can sign systems for these machines, so keep the keys where only you read them. Examples:

  slipway keys new keys
  slipway build --format uki --sign-key keys/db.key --sign-cert keys/db.crt web.yml
  slipway run --secure-boot keys/OVMF_VARS.fd web.efi`;

const options = {
	name: {
		value: 'NAME',
		default: 'Slipway',
		help: 'the name in the certificates, which the menus of firmware show',
	},
	days: {
		value: 'N',
		default: '7300',
		help: 'how long the certificates are valid. Firmware looks at no date, other programs do',
	},
	...jsonArrayOption,
} as const satisfies OptionTable;

const kinds = ['PK', 'KEK', 'db'] as const;

export const keysNewCommand: Command = {
	name: 'keys new',
	summary: 'make the keys of Secure Boot, and variables to boot with them',
	operands: 'DIR',
	operandsComplete: 'directory',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const [folder, ...more] = positionals;
		if (folder === undefined || more.length > 0)
			throw new UsageError('keys new needs one DIR, for example keys.');
		const request = { folder, name: checkName(values.name), days: parseDays(values.days) };
		const firmware = secureFirmware();
		await makeFolder(folder);
		try {
			const paths = await makeKeys(request, firmware);
			streams.out.write(values.json ? jsonText(paths) : `${paths.join('\n')}\n`);
		} catch (error) {
			await rm(folder, { recursive: true, force: true });
			throw error;
		}
		return 0;
	},
};

/** A slash and a plus sign would begin another part of the name for openssl; UEFI's menus show ASCII. */
function checkName(name: string): string {
	if (/^[\w .-]{1,48}$/.test(name)) return name;
	throw new UsageError(`--name ${name}: expected up to 48 letters, digits, spaces and . _ -`);
}

function parseDays(text: string): number {
	const days = /^\d{1,6}$/.test(text) ? Number(text) : 0;
	if (days >= 1 && days <= 36_500) return days;
	throw new UsageError(`--days ${text}: expected a whole number from 1 to 36500.`);
}

async function makeFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, { mode: 0o700 });
	} catch (cause) {
		const { code, errno = 0 } = cause as NodeJS.ErrnoException;
		const why =
			code === 'EEXIST'
				? 'it exists. Choose another name'
				: code === 'ENOENT'
					? 'the directory above it is not there. Make it first'
					: getSystemErrorMessage(errno);
		throw new SlipwayError('NO_FILE', `${folder} can't be made: ${why}.`, { cause });
	}
}

/** A file's name in DIR, and the path of the firmware's own variables. */
type Variables = readonly [name: string, usual: string];

/** Throws a `SlipwayError` when this machine has none for its own processor. */
function secureFirmware(): readonly Variables[] {
	return Object.values(processors).flatMap((processor) => {
		const found =
			processor === hostProcessor ? findSecureFirmware(processor) : lookForSecureFirmware(processor);
		return found === null ? [] : [[variablesNames[processor.name], found.variables] as const];
	});
}

interface KeyRequest {
	readonly folder: string;
	readonly name: string;
	readonly days: number;
}

/** Returns the paths of the files. */
async function makeKeys(
	{ folder, name, days }: KeyRequest,
	firmware: readonly Variables[],
): Promise<string[]> {
	const pathOf = (kind: string, ending: string): string => join(folder, `${kind}.${ending}`);
	const certificateOf = async (kind: (typeof kinds)[number]): Promise<Buffer> => {
		const [key, pem, der] = [pathOf(kind, 'key'), pathOf(kind, 'crt'), pathOf(kind, 'cer')];
		await runTool('openssl', [
			...['req', '-new', '-x509', '-newkey', 'rsa:2048', '-sha256', '-nodes', '-batch'],
			...['-days', String(days), '-subj', `/CN=${name} ${kind}`, '-keyout', key, '-out', pem],
		]);
		await chmod(key, 0o600);
		await runTool('openssl', ['x509', '-in', pem, '-outform', 'DER', '-out', der]);
		return await readFile(der);
	};
	const certificates = {
		PK: await certificateOf('PK'),
		KEK: await certificateOf('KEK'),
		db: await certificateOf('db'),
	};
	const variables = secureBootVariables(certificates, randomUUID());
	const paths = kinds.flatMap((kind) => ['key', 'crt', 'cer'].map((ending) => pathOf(kind, ending)));
	for (const [name, usual] of firmware) {
		const path = join(folder, name);
		await writeFlash(path, withVariables(await readFile(usual), variables, usual));
		paths.push(path);
	}
	return paths;
}

/** Leaves a hole for the zeros at the end: they are 63 of the 64 MiB of arm64's flash. */
async function writeFlash(path: string, flash: Buffer): Promise<void> {
	const used = flash.findLastIndex((byte) => byte !== 0) + 1;
	await writeFile(path, flash.subarray(0, used), { flag: 'wx' });
	await truncate(path, flash.length);
}
