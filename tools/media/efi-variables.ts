// Writes the variable store of UEFI firmware as edk2 keeps it in flash: a firmware volume (PI 1.7, volume 3) with one store of
// authenticated variables (edk2's Guid/VariableFormat.h). Pure.

import { SlipwayError } from '../errors.ts';

export interface EfiVariable {
	readonly name: string;
	/** The GUID of the vendor. */
	readonly vendor: string;
	readonly data: Buffer;
}

const volumeGuid = 'fff12b8d-7696-4c8b-a985-2747075b4f50';
const storeGuid = 'aaf32c78-947b-439a-a180-2e144ec37792';
const storeHeaderBytes = 28;
/** A byte of flash that holds nothing. */
const erased = 0xff;
const formatted = 0x5a;
const healthy = 0xfe;
const variableHeaderBytes = 60;
const startId = 0x55aa;
const added = 0x3f;
/** Kept in flash, readable before and after the start of the system, and changed only by what is signed. */
const attributes = 0x27;

const globalVendor = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
const databaseVendor = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';
const x509Guid = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';

/** The certificates of Secure Boot, in DER. */
export interface SecureBootCertificates {
	readonly PK: Buffer;
	readonly KEK: Buffer;
	readonly db: Buffer;
}

/** @param owner - a GUID that names who enrols the certificates */
export function secureBootVariables({ PK, KEK, db }: SecureBootCertificates, owner: string): EfiVariable[] {
	return [
		{ name: 'PK', vendor: globalVendor, data: signatureList(PK, owner) },
		{ name: 'KEK', vendor: globalVendor, data: signatureList(KEK, owner) },
		{ name: 'db', vendor: databaseVendor, data: signatureList(db, owner) },
	];
}

/** Returns an EFI_SIGNATURE_LIST with one certificate (UEFI 2.10, 32.4.1). */
function signatureList(certificate: Buffer, owner: string): Buffer {
	const signatureBytes = 16 + certificate.length;
	const sizes = Buffer.alloc(12);
	sizes.writeUInt32LE(28 + signatureBytes, 0);
	sizes.writeUInt32LE(signatureBytes, 8);
	return Buffer.concat([guidBytes(x509Guid), sizes, guidBytes(owner), certificate]);
}

/**
 * Returns a copy of the flash with these variables in place of all that it has. Debian has no formatted store without variables for
 * arm64, only one with keys of others.
 *
 * @param file - the name of the flash, for errors
 */
export function withVariables(flash: Buffer, variables: readonly EfiVariable[], file: string): Buffer {
	const { start, end } = findStore(flash, file);
	const result = Buffer.from(flash).fill(erased, start, end);
	let position = start;
	for (const variable of variables) {
		const bytes = variableBytes(variable);
		if (position + bytes.length > end) throw unusable(file, 'it has no room for the certificates');
		bytes.copy(result, position);
		position = aligned(position + bytes.length);
	}
	return result;
}

function findStore(flash: Buffer, file: string): { readonly start: number; readonly end: number } {
	if (flash.length < 72 || !flash.subarray(16, 32).equals(guidBytes(volumeGuid)))
		throw unusable(file, 'it is no store of variables');
	const header = flash.readUInt16LE(48);
	const isStore =
		header + storeHeaderBytes <= flash.length &&
		flash.subarray(header, header + 16).equals(guidBytes(storeGuid)) &&
		flash[header + 20] === formatted &&
		flash[header + 21] === healthy;
	if (!isStore) throw unusable(file, 'its variables are not authenticated ones');
	const end = header + flash.readUInt32LE(header + 16);
	if (end > flash.length) throw unusable(file, 'it is cut off');
	return { start: header + storeHeaderBytes, end };
}

function variableBytes({ name, vendor, data }: EfiVariable): Buffer {
	const nameBytes = Buffer.from(`${name}\0`, 'utf16le');
	const header = Buffer.alloc(variableHeaderBytes);
	header.writeUInt16LE(startId, 0);
	header[2] = added;
	header.writeUInt32LE(attributes, 4);
	// The time of an update must be later than this one: 2000-01-01, so that each update is.
	header.writeUInt16LE(2000, 16);
	header.set([1, 1], 18);
	header.writeUInt32LE(nameBytes.length, 36);
	header.writeUInt32LE(data.length, 40);
	guidBytes(vendor).copy(header, 44);
	return Buffer.concat([header, nameBytes, data]);
}

function aligned(position: number): number {
	return Math.ceil(position / 4) * 4;
}

/** The first three fields of a GUID are little-endian. */
function guidBytes(text: string): Buffer {
	const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
	bytes.subarray(0, 4).reverse();
	bytes.subarray(4, 6).reverse();
	bytes.subarray(6, 8).reverse();
	return bytes;
}

function unusable(file: string, why: string): SlipwayError {
	return new SlipwayError(
		'TOOL_FAILED',
		`${file} can't hold keys: ${why}. Install the package of the firmware again.`,
	);
}
