// Makes a small ISO 9660 image (ECMA-119) of a few files in its root, with plain and Joliet names: a config drive. It has no
// directories, no Rock Ridge and no boot record. The same files give the same bytes.

export interface IsoFile {
	/** Up to 30 characters. */
	readonly name: string;
	readonly content: Uint8Array;
}

const sectorBytes = 2048;
/** The volume descriptors (plain, Joliet, end) follow 16 sectors that are not used. */
const firstDescriptor = 16;
const pathTables = firstDescriptor + 3;
/** Plain and Joliet each have two path tables (one for each byte order) and a root. */
const firstFile = pathTables + 6;

/** One of the two trees of the same files. */
interface Tree {
	readonly type: 1 | 2;
	readonly escape: string;
	/** The sector of the little-endian path table. The big-endian one and the root directory follow. */
	readonly sector: number;
	text(value: string): Buffer;
	/** Returns the name with its version, which the standard requires. */
	fileName(name: string): Buffer;
}

const plain: Tree = {
	type: 1,
	escape: '',
	sector: pathTables,
	text: (value) => Buffer.from(value, 'latin1'),
	// Readers show it in lower case.
	fileName: (name) => Buffer.from(`${name.toUpperCase()}${name.includes('.') ? '' : '.'};1`, 'latin1'),
};

const joliet: Tree = {
	type: 2,
	// UCS-2, level 3.
	escape: '%/E',
	sector: pathTables + 3,
	text: bigEndianText,
	fileName: (name) => bigEndianText(`${name};1`),
};

/**
 * Returns the image. Throws a `RangeError` for names that are too long, or more files than one sector can list.
 *
 * @param label - up to 16 characters; readers compare it with case
 */
export function isoImage(label: string, files: readonly IsoFile[]): Buffer {
	checkLength('The label', label, 16);
	for (const { name } of files) checkLength('The name of a file', name, 30);
	let sector = firstFile;
	const placed = files.map(({ name, content }) => {
		const extent = { name, sector, sizeBytes: content.length };
		sector += Math.ceil(content.length / sectorBytes);
		return extent;
	});
	const image = Buffer.alloc(sector * sectorBytes);
	for (const tree of [plain, joliet]) {
		const root = rootFolder(tree, placed);
		root.copy(image, (tree.sector + 2) * sectorBytes);
		pathTable(tree, 'LE').copy(image, tree.sector * sectorBytes);
		pathTable(tree, 'BE').copy(image, (tree.sector + 1) * sectorBytes);
		volumeDescriptor(tree, label, sector).copy(image, (firstDescriptor + tree.type - 1) * sectorBytes);
	}
	descriptorHead(255).copy(image, (firstDescriptor + 2) * sectorBytes);
	for (const [index, { content }] of files.entries()) {
		image.set(content, (placed[index]?.sector ?? 0) * sectorBytes);
	}
	return image;
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

/** ECMA-119, 8.4 and 8.5; the offsets are the standard's byte positions less one. */
function volumeDescriptor(tree: Tree, label: string, sectors: number): Buffer {
	const descriptor = Buffer.alloc(sectorBytes);
	descriptorHead(tree.type).copy(descriptor);
	const blank = tree.text(' ');
	const put = (offset: number, lengthBytes: number, value: string): void => {
		descriptor.fill(blank, offset, offset + lengthBytes - (lengthBytes % blank.length));
		tree.text(value).copy(descriptor, offset);
	};
	put(8, 32, '');
	put(40, 32, label);
	bothOrders32(sectors).copy(descriptor, 80);
	descriptor.write(tree.escape, 88, 'latin1');
	for (const offset of [120, 124]) bothOrders16(1).copy(descriptor, offset);
	bothOrders16(sectorBytes).copy(descriptor, 128);
	bothOrders32(pathTableBytes).copy(descriptor, 132);
	descriptor.writeUInt32LE(tree.sector, 140);
	descriptor.writeUInt32BE(tree.sector + 1, 148);
	folderRecord(tree, 0).copy(descriptor, 156);
	for (const offset of [190, 318, 446, 574]) put(offset, 128, '');
	for (const offset of [702, 739, 776]) put(offset, 37, '');
	// Four dates without a value: zeros as digits, and the time zone.
	for (const offset of [813, 830, 847, 864]) descriptor.write('0'.repeat(16), offset, 'latin1');
	descriptor[881] = 1;
	return descriptor;
}

const pathTableBytes = 10;

function pathTable(tree: Tree, order: 'LE' | 'BE'): Buffer {
	const table = Buffer.alloc(pathTableBytes);
	table[0] = 1;
	if (order === 'LE') table.writeUInt32LE(tree.sector + 2, 2);
	else table.writeUInt32BE(tree.sector + 2, 2);
	table.writeUInt8(1, order === 'LE' ? 6 : 7);
	return table;
}

interface Extent {
	readonly name: string;
	readonly sector: number;
	readonly sizeBytes: number;
}

function rootFolder(tree: Tree, files: readonly Extent[]): Buffer {
	const records = files
		.map(({ name, sector, sizeBytes }) => ({ name: tree.fileName(name), sector, sizeBytes }))
		.toSorted((a, b) => Buffer.compare(a.name, b.name))
		.map(({ name, sector, sizeBytes }) => record(name, sector, sizeBytes, 0));
	const folder = Buffer.concat([folderRecord(tree, 0), folderRecord(tree, 1), ...records]);
	if (folder.length > sectorBytes) throw new RangeError('A config drive has room for a few files only.');
	return folder;
}

/** The root's own record has the name 0; that of its parent, which is the root itself, has the name 1. */
function folderRecord(tree: Tree, name: 0 | 1): Buffer {
	return record(Buffer.from([name]), tree.sector + 2, sectorBytes, 2);
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
