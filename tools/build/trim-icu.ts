// Node has the data of ICU for every language (33 MB); PID 1 needs one. This keeps what Node's own `small-icu` build has:
// the root locale and English, without converters, dictionaries and transliterations.
//
// The data is a package of items behind a table of contents (ICU's `udata.h` and `ucmndata.h`, data format "CmnD"):
//   header | count | count × (offset of the name, offset of the data) | names, each ended by a NUL | items
// Offsets count from the end of the header; names are sorted, and an item ends where the next one begins.

import type { FileRange } from '../elf/cut-elf.ts';

interface Item {
	readonly name: string;
	readonly start: number;
	readonly end: number;
}

const magic = Buffer.from([0xda, 0x27]);
const dataFormat = 'CmnD';
const magicAt = 2;
const dataFormatAt = 12;
const entryBytes = 8;
const alignment = 16;

/**
 * Replaces the package by the smaller one in place.
 *
 * @returns the range that becomes free, or null when the program has no such data (`--with-intl=none`)
 */
export function trimIcu(program: Buffer): FileRange | null {
	const header = findPackage(program);
	if (header === null) return null;
	const start = header + program.readUInt16LE(header);
	const items = readItems(program, start);
	const last = items.at(-1);
	if (last === undefined) return null;
	const trimmed = writeItems(
		program,
		items.filter(({ name }) => isKept(name)),
	);
	const end = start + trimmed.length;
	// The end of the last item is unknown, so the item is not moved.
	if (end > last.start) return null;
	trimmed.copy(program, start);
	program.fill(0, end, last.start);
	return { start: end, end: last.start };
}

function findPackage(program: Buffer): number | null {
	for (let at = program.indexOf(magic); at >= 0; at = program.indexOf(magic, at + 1)) {
		const header = at - magicAt;
		const format = program.toString(
			'latin1',
			header + dataFormatAt,
			header + dataFormatAt + dataFormat.length,
		);
		if (header >= 0 && format === dataFormat) return header;
	}
	return null;
}

function readItems(program: Buffer, start: number): readonly Item[] {
	const count = program.readUInt32LE(start);
	const entries = Array.from({ length: count }, (_, index) => {
		const entry = start + 4 + index * entryBytes;
		return { name: program.readUInt32LE(entry), data: program.readUInt32LE(entry + 4) };
	});
	return entries.map(({ name, data }, index) => {
		const nameStart = start + name;
		const next = entries[index + 1]?.data ?? data;
		return {
			name: program.toString('latin1', nameStart, program.indexOf(0, nameStart)),
			start: start + data,
			end: start + next,
		};
	});
}

function writeItems(program: Buffer, items: readonly Item[]): Buffer {
	const names = items.map(({ name }) => Buffer.from(`${name}\0`, 'latin1'));
	const table = Buffer.alloc(4 + items.length * entryBytes);
	const namesBytes = names.reduce((sum, { length }) => sum + length, 0);
	const padding = -(table.length + namesBytes) & (alignment - 1);
	table.writeUInt32LE(items.length);
	let nameAt = table.length;
	let dataAt = table.length + namesBytes + padding;
	for (const [index, { start, end }] of items.entries()) {
		table.writeUInt32LE(nameAt, 4 + index * entryBytes);
		table.writeUInt32LE(dataAt, 4 + index * entryBytes + 4);
		nameAt += names[index]?.length ?? 0;
		dataAt += end - start;
	}
	// Copies are needed: the items are written to the place that they are read from.
	const contents = items.map(({ start, end }) => Buffer.from(program.subarray(start, end)));
	return Buffer.concat([table, ...names, Buffer.alloc(padding), ...contents]);
}

/** Follows `tools/icu/icu_small.json` of Node's sources, and keeps the names of encodings. */
function isKept(itemName: string): boolean {
	// `icudt78l/curr/en.res`: the package's own name, a tree of locales, the item.
	const [, ...path] = itemName.split('/');
	const item = path.at(-1) ?? '';
	const [name = '', kind = ''] = item.split(/\.(?=[^.]*$)/);
	if (path.length > 1) return ['coll', 'curr', 'zone'].includes(path[0] ?? '') && !isForeign(name);
	if (kind === 'res') return !isForeign(name);
	return kind === 'nrm' || (kind === 'icu' && name !== 'unames');
}

/** Locales are such as `af`, `haw`, `zh_Hant_TW`; other items have longer names. */
function isForeign(name: string): boolean {
	return /^[a-z]{2,3}(_|$)/.test(name) && name !== 'en' && name !== 'en_US';
}
