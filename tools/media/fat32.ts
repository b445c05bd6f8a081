// Makes a FAT32 file system (Microsoft's "FAT: General Overview of On-Disk Format", 1.03) of a few files with short names. Each file
// is in one piece. It reads no file system. The same files give the same bytes.

import { bytesContent, type Content, layOut, type Placed, roundUp } from '../files/content.ts';

export interface FatFile {
	/** Names of up to 8 and 3 capitals and digits, `/` between: `EFI/BOOT/BOOTX64.EFI`. */
	readonly path: string;
	readonly content: Content;
}

export interface FatOptions {
	/** Where the file system starts on its disk; the code of its boot sector needs it. */
	readonly startSector: number;
	readonly label: string;
	readonly volumeId: number;
	/** Space that is left free for other programs. */
	readonly freeBytes?: number;
}

/** The file system, and where the contents of each file are in it. */
export interface FatVolume extends Content {
	/** By path. */
	readonly startBytes: ReadonlyMap<string, number>;
}

export const sectorBytes = 512;
/** With fewer clusters a file system is FAT16, whatever it says of itself. The specification's number is 65525. */
const leastClusters = 65_600;
const maxClusterBytes = 32 * 1024;
/** Files start at multiples of a CD's sector, so that an ISO can name them as files of its own. */
const alignmentBytes = 2048;
const endOfChain = 0x0fff_ffff;
const entryBytes = 32;
const attributes = { volume: 0x08, directory: 0x10, archive: 0x20 } as const;

interface Node {
	readonly name: string;
	/** Null for a file. */
	readonly children: Map<string, Node> | null;
	readonly content: Content | null;
	/** 0 for a file without bytes. */
	cluster: number;
}

/** Throws a `RangeError` for names that are not short, and for more files than a directory of one cluster has. */
export function fatVolume(files: readonly FatFile[], options: FatOptions): FatVolume {
	const root: Node = { name: '', children: new Map(), content: null, cluster: 0 };
	for (const file of files) addFile(root, file);
	const geometry = chooseGeometry(files, options.freeBytes ?? 0);
	const { clusterBytes, dataStart } = geometry;
	const table: number[] = [0x0fff_fff8, endOfChain];
	const claim = (clusters: number): number => {
		const first = table.length;
		for (let index = 1; index < clusters; index++) table.push(first + index);
		table.push(endOfChain);
		return first;
	};
	const directories = allNodes(root).filter(({ children }) => children !== null);
	for (const each of directories) each.cluster = claim(1);
	const placed: Placed[] = [];
	const startBytes = new Map<string, number>();
	for (const [path, node] of pathsOf(root, '')) {
		if (node.content === null) continue;
		while (positionOf(table.length, geometry) % alignmentBytes !== 0) table.push(0);
		startBytes.set(path, positionOf(table.length, geometry));
		placed.push({ startBytes: positionOf(table.length, geometry), content: node.content });
		if (node.content.sizeBytes > 0) node.cluster = claim(Math.ceil(node.content.sizeBytes / clusterBytes));
	}
	const head = Buffer.alloc(dataStart + directories.length * clusterBytes);
	writeBootSectors(head, geometry, options, table);
	for (const copy of [0, 1]) {
		const start = (geometry.reservedSectors + copy * geometry.tableSectors) * sectorBytes;
		for (const [index, value] of table.entries()) head.writeUInt32LE(value, start + 4 * index);
	}
	writeDirectory(head, root, null, geometry, options.label);
	const total = geometry.totalSectors * sectorBytes;
	return { ...layOut([{ startBytes: 0, content: bytesContent(head) }, ...placed], total), startBytes };
}

interface Geometry {
	readonly clusterBytes: number;
	readonly reservedSectors: number;
	/** Of each of the two tables. */
	readonly tableSectors: number;
	/** In bytes; cluster 2 is there. */
	readonly dataStart: number;
	readonly clusters: number;
	readonly totalSectors: number;
}

/** Takes the largest clusters with which the file system is FAT32: its tables are small then. */
function chooseGeometry(files: readonly FatFile[], freeBytes: number): Geometry {
	// A directory for each part of each path, and what aligning takes.
	const extra = files.reduce((sum, { path }) => sum + path.split('/').length, 2);
	const clustersOf = (clusterBytes: number): number =>
		files.reduce(
			(sum, { content }) =>
				sum + Math.ceil(content.sizeBytes / clusterBytes) + Math.ceil(alignmentBytes / clusterBytes),
			extra + Math.ceil(freeBytes / clusterBytes),
		);
	let clusterBytes = sectorBytes;
	while (clusterBytes < maxClusterBytes && clustersOf(clusterBytes * 2) >= leastClusters) clusterBytes *= 2;
	const clusters = Math.max(clustersOf(clusterBytes), leastClusters);
	const tableSectors = Math.ceil(((clusters + 2) * 4) / sectorBytes);
	const dataSector = roundUp(32 + 2 * tableSectors, alignmentBytes / sectorBytes);
	return {
		clusterBytes,
		reservedSectors: dataSector - 2 * tableSectors,
		tableSectors,
		dataStart: dataSector * sectorBytes,
		clusters,
		totalSectors: dataSector + (clusters * clusterBytes) / sectorBytes,
	};
}

function positionOf(cluster: number, { dataStart, clusterBytes }: Geometry): number {
	return dataStart + (cluster - 2) * clusterBytes;
}

function addFile(root: Node, { path, content }: FatFile): void {
	const names = path.split('/');
	let folder = root;
	for (const [index, name] of names.entries()) {
		if (!/^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?$/.test(name))
			throw new RangeError(`${name} is no short name of a FAT file system.`);
		const isFile = index === names.length - 1;
		const node = folder.children?.get(name) ?? {
			name,
			children: isFile ? null : new Map<string, Node>(),
			content: isFile ? content : null,
			cluster: 0,
		};
		folder.children?.set(name, node);
		folder = node;
	}
}

function allNodes(node: Node): Node[] {
	return [node, ...[...(node.children?.values() ?? [])].flatMap(allNodes)];
}

function pathsOf(folder: Node, path: string): [string, Node][] {
	return [...(folder.children?.values() ?? [])].flatMap((node) => [
		[`${path}${node.name}`, node] as [string, Node],
		...pathsOf(node, `${path}${node.name}/`),
	]);
}

/** The boot sector and its copy, and the counts of free clusters, which programs that write rely on. */
function writeBootSectors(
	head: Buffer,
	{ clusterBytes, reservedSectors, tableSectors, clusters, totalSectors }: Geometry,
	{ startSector, label, volumeId }: FatOptions,
	table: readonly number[],
): void {
	const boot = Buffer.alloc(sectorBytes);
	// A jump over the numbers, to code that a boot loader may put there; without one, `int 0x18`: the next device.
	boot.set([0xeb, 0x58, 0x90]);
	boot.write('SLIPWAY ', 3, 'latin1');
	boot.writeUInt16LE(sectorBytes, 11);
	boot[13] = clusterBytes / sectorBytes;
	boot.writeUInt16LE(reservedSectors, 14);
	boot[16] = 2;
	boot[21] = 0xf8;
	boot.writeUInt16LE(63, 24);
	boot.writeUInt16LE(255, 26);
	boot.writeUInt32LE(startSector, 28);
	boot.writeUInt32LE(totalSectors, 32);
	boot.writeUInt32LE(tableSectors, 36);
	boot.writeUInt32LE(2, 44);
	boot.writeUInt16LE(1, 48);
	boot.writeUInt16LE(6, 50);
	boot[64] = 0x80;
	boot[66] = 0x29;
	boot.writeUInt32LE(volumeId >>> 0, 67);
	boot.write(label.padEnd(11).slice(0, 11), 71, 'latin1');
	boot.write('FAT32   ', 82, 'latin1');
	boot.set([0xcd, 0x18], 90);
	boot.writeUInt16LE(0xaa55, 510);
	const counts = Buffer.alloc(sectorBytes);
	counts.write('RRaA', 0, 'latin1');
	counts.write('rrAa', 484, 'latin1');
	counts.writeUInt32LE(clusters - table.slice(2).filter((value) => value !== 0).length, 488);
	counts.writeUInt32LE(table.length, 492);
	counts.writeUInt32LE(0xaa55_0000, 508);
	for (const sector of [0, 6]) {
		boot.copy(head, sector * sectorBytes);
		counts.copy(head, (sector + 1) * sectorBytes);
	}
}

function writeDirectory(
	head: Buffer,
	folder: Node,
	parent: Node | null,
	geometry: Geometry,
	label: string,
): void {
	const children = [...(folder.children?.values() ?? [])];
	const dots: readonly Buffer[] =
		parent === null
			? [entry(label.padEnd(11).slice(0, 11), attributes.volume, 0, 0)]
			: [
					entry('.'.padEnd(11), attributes.directory, folder.cluster, 0),
					// The root is named by 0.
					entry('..'.padEnd(11), attributes.directory, parent.name === '' ? 0 : parent.cluster, 0),
				];
	const entries = Buffer.concat([
		...dots,
		...children.map(({ name, children: below, content, cluster }) => {
			const kind = below === null ? attributes.archive : attributes.directory;
			return entry(shortName(name), kind, cluster, content?.sizeBytes ?? 0);
		}),
	]);
	if (entries.length > geometry.clusterBytes)
		throw new RangeError('A directory of the FAT file system has room for a few files only.');
	entries.copy(head, positionOf(folder.cluster, geometry));
	for (const child of children)
		if (child.children !== null) writeDirectory(head, child, folder, geometry, label);
}

function shortName(name: string): string {
	const [stem = '', ending = ''] = name.split('.');
	return `${stem.padEnd(8)}${ending.padEnd(3)}`;
}

/** Its date is 1980-01-01, the first that FAT knows. */
function entry(name: string, kind: number, cluster: number, sizeBytes: number): Buffer {
	const bytes = Buffer.alloc(entryBytes);
	bytes.write(name, 0, 11, 'latin1');
	bytes[11] = kind;
	const firstDay = 0x21;
	for (const offset of [16, 18, 24]) bytes.writeUInt16LE(firstDay, offset);
	bytes.writeUInt16LE(cluster >>> 16, 20);
	bytes.writeUInt16LE(cluster & 0xffff, 26);
	bytes.writeUInt32LE(sizeBytes, 28);
	return bytes;
}
