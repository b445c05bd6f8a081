// The descriptors, path tables and directories of an ISO 9660 volume (ECMA-119) with plain and Joliet names, and its boot record
// (El Torito, 1.0). It has no Rock Ridge. The caller places the bytes of the files, so two files may share theirs.

export const isoSectorBytes = 2048;
/** The volume descriptors follow 16 sectors that are not used. */
const firstDescriptor = 16;

export interface IsoPlacedFile {
	/** `/` between names; each has up to 30 characters. */
	readonly path: string;
	readonly sector: number;
	readonly sizeBytes: number;
}

export interface IsoVolume {
	/** Up to 16 characters; readers compare it with case. */
	readonly label: string;
	readonly files: readonly IsoPlacedFile[];
	readonly totalSectors: number;
	/** The sector of the boot catalog; null for a volume that can't be booted. */
	readonly catalogSector: number | null;
}

/** One of the two trees of the same files. */
interface Tree {
	readonly type: 1 | 2;
	readonly escape: string;
	text(value: string): Buffer;
	name(name: string): Buffer;
	/** Returns the name with its version, which the standard requires. */
	fileName(name: string): Buffer;
}

const plain: Tree = {
	type: 1,
	escape: '',
	text: (value) => Buffer.from(value, 'latin1'),
	name: (name) => Buffer.from(name.toUpperCase(), 'latin1'),
	// Readers show it in lower case.
	fileName: (name) => Buffer.from(`${name.toUpperCase()}${name.includes('.') ? '' : '.'};1`, 'latin1'),
};

const joliet: Tree = {
	type: 2,
	// UCS-2, level 3.
	escape: '%/E',
	text: bigEndianText,
	name: bigEndianText,
	fileName: (name) => bigEndianText(`${name};1`),
};

const trees = [plain, joliet] as const;

/** Returns the first sector that the head of such a volume leaves free. */
export function isoHeadSectors(paths: readonly string[], isBootable: boolean): number {
	return firstTable(isBootable) + trees.length * sectorsOfTree(directoriesOf(paths));
}

/**
 * Returns the sectors from 16 on, without the files. Throws a `RangeError` for names that are too long, and for more files or
 * directories than one sector can list.
 */
export function isoHead({ label, files, totalSectors, catalogSector }: IsoVolume): Buffer {
	checkLength('The label', label, 16);
	const paths = files.map(({ path }) => path);
	for (const name of paths.flatMap((path) => path.split('/'))) checkLength('The name of a file', name, 30);
	const isBootable = catalogSector !== null;
	const directories = directoriesOf(paths);
	const descriptors: Buffer[] = [];
	const tables: Buffer[] = [];
	for (const [index, tree] of trees.entries()) {
		const tableSector = firstTable(isBootable) + index * sectorsOfTree(directories);
		const placed = directories.map((path, number) => ({ path, sector: tableSector + 2 + number }));
		const table = pathTable(tree, placed, 'LE');
		tables.push(inSector(table), inSector(pathTable(tree, placed, 'BE')));
		tables.push(...placed.map((each) => directory(tree, each, placed, files)));
		descriptors.push(volumeDescriptor(tree, { label, totalSectors, tableSector, tableBytes: table.length }));
		if (index === 0 && isBootable) descriptors.push(bootRecord(catalogSector));
	}
	return Buffer.concat([...descriptors, inSector(descriptorHead(255)), ...tables]);
}

function firstTable(isBootable: boolean): number {
	return firstDescriptor + trees.length + 1 + (isBootable ? 1 : 0);
}

function sectorsOfTree(directories: readonly string[]): number {
	return 2 + directories.length;
}

/** Returns the root, which is `''`, and all others, each after its parent. */
function directoriesOf(paths: readonly string[]): string[] {
	const found = new Set(paths.flatMap((path) => parentsOf(path)));
	return ['', ...[...found].toSorted((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))];
}

function parentsOf(path: string): string[] {
	const names = path.split('/').slice(0, -1);
	return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

function depthOf(path: string): number {
	return path.split('/').length;
}

function parentOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A longer text would run into the next field. The numbers are checked as `Buffer` writes them. */
function checkLength(what: string, text: string, maxCharacters: number): void {
	if (text.length <= maxCharacters) return;
	throw new RangeError(
		`${what} in an ISO image has up to ${maxCharacters} characters, not ${text.length}: ${text.slice(0, 60)}`,
	);
}

function descriptorHead(type: number): Buffer {
	return Buffer.concat([Buffer.from([type]), Buffer.from('CD001\u0001', 'latin1')]);
}

function inSector(bytes: Buffer): Buffer {
	if (bytes.length > isoSectorBytes) throw new RangeError('The ISO image has too many directories.');
	return Buffer.concat([bytes, Buffer.alloc(isoSectorBytes - bytes.length)]);
}

function bootRecord(catalogSector: number): Buffer {
	const descriptor = inSector(descriptorHead(0));
	descriptor.write('EL TORITO SPECIFICATION', 7, 'latin1');
	descriptor.writeUInt32LE(catalogSector, 0x47);
	return descriptor;
}

interface Described {
	readonly label: string;
	readonly totalSectors: number;
	/** The sector of the little-endian path table. The big-endian one and the root directory follow. */
	readonly tableSector: number;
	readonly tableBytes: number;
}

/** ECMA-119, 8.4 and 8.5; the offsets are the standard's byte positions less one. */
function volumeDescriptor(tree: Tree, { label, totalSectors, tableSector, tableBytes }: Described): Buffer {
	const descriptor = inSector(descriptorHead(tree.type));
	const blank = tree.text(' ');
	const put = (offset: number, lengthBytes: number, value: string): void => {
		descriptor.fill(blank, offset, offset + lengthBytes - (lengthBytes % blank.length));
		tree.text(value).copy(descriptor, offset);
	};
	put(8, 32, '');
	put(40, 32, label);
	bothOrders32(totalSectors).copy(descriptor, 80);
	descriptor.write(tree.escape, 88, 'latin1');
	for (const offset of [120, 124]) bothOrders16(1).copy(descriptor, offset);
	bothOrders16(isoSectorBytes).copy(descriptor, 128);
	bothOrders32(tableBytes).copy(descriptor, 132);
	descriptor.writeUInt32LE(tableSector, 140);
	descriptor.writeUInt32BE(tableSector + 1, 148);
	directoryRecord(ownName, tableSector + 2).copy(descriptor, 156);
	for (const offset of [190, 318, 446, 574]) put(offset, 128, '');
	for (const offset of [702, 739, 776]) put(offset, 37, '');
	// Four dates without a value: zeros as digits, and the time zone.
	for (const offset of [813, 830, 847, 864]) descriptor.write('0'.repeat(16), offset, 'latin1');
	descriptor[881] = 1;
	return descriptor;
}

interface PlacedDirectory {
	readonly path: string;
	readonly sector: number;
}

/** ECMA-119, 9.4. The number of a directory is its place in the table, from 1 on. */
function pathTable(tree: Tree, directories: readonly PlacedDirectory[], order: 'LE' | 'BE'): Buffer {
	return Buffer.concat(
		directories.map(({ path, sector }) => {
			const name = path === '' ? ownName : tree.name(lastName(path));
			const parent = 1 + directories.findIndex((each) => each.path === parentOf(path));
			const record = Buffer.alloc(8 + name.length + (name.length % 2));
			record[0] = name.length;
			if (order === 'LE') {
				record.writeUInt32LE(sector, 2);
				record.writeUInt16LE(parent, 6);
			} else {
				record.writeUInt32BE(sector, 2);
				record.writeUInt16BE(parent, 6);
			}
			name.copy(record, 8);
			return record;
		}),
	);
}

/** A directory's own record has the name 0; that of its parent, which is the root itself for the root, has the name 1. */
const ownName = Buffer.from([0]);
const parentName = Buffer.from([1]);

function directory(
	tree: Tree,
	{ path, sector }: PlacedDirectory,
	directories: readonly PlacedDirectory[],
	files: readonly IsoPlacedFile[],
): Buffer {
	const parent = directories.find((each) => each.path === parentOf(path))?.sector ?? sector;
	const children = [
		...directories
			.filter((each) => each.path !== '' && parentOf(each.path) === path)
			.map((each) => {
				const name = tree.name(lastName(each.path));
				return { name, bytes: directoryRecord(name, each.sector) };
			}),
		...files
			.filter((each) => parentOf(each.path) === path)
			.map((each) => {
				const name = tree.fileName(lastName(each.path));
				return { name, bytes: record(name, each.sector, each.sizeBytes, 0) };
			}),
	].toSorted((a, b) => Buffer.compare(a.name, b.name));
	const bytes = Buffer.concat([
		directoryRecord(ownName, sector),
		directoryRecord(parentName, parent),
		...children.map((child) => child.bytes),
	]);
	if (bytes.length > isoSectorBytes)
		throw new RangeError('A directory of an ISO image has room for a few files only.');
	return inSector(bytes);
}

function lastName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

function directoryRecord(name: Buffer, sector: number): Buffer {
	return record(name, sector, isoSectorBytes, 2);
}

/** ECMA-119, 9.1. The date is 1970-01-01. */
function record(name: Buffer, sector: number, sizeBytes: number, flags: number): Buffer {
	const bytes = Buffer.alloc(33 + name.length + ((name.length + 1) % 2));
	bytes[0] = bytes.length;
	bothOrders32(sector).copy(bytes, 2);
	bothOrders32(sizeBytes).copy(bytes, 10);
	bytes.set([70, 1, 1], 18);
	bytes[25] = flags;
	bothOrders16(1).copy(bytes, 28);
	bytes[32] = name.length;
	name.copy(bytes, 33);
	return bytes;
}

function bothOrders16(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt16LE(value, 0);
	bytes.writeUInt16BE(value, 2);
	return bytes;
}

function bothOrders32(value: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeUInt32LE(value, 0);
	bytes.writeUInt32BE(value, 4);
	return bytes;
}

function bigEndianText(value: string): Buffer {
	return Buffer.from(value, 'utf16le').swap16();
}
