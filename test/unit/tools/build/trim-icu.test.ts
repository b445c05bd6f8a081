import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { nodePath } from '../../../../tools/build/pinned-node.ts';
import { trimIcu } from '../../../../tools/build/trim-icu.ts';
import { cutElf } from '../../../../tools/elf/cut-elf.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** ICU's `icupkg` writes packages like this one: a header of 144 bytes, and items at multiples of 16. */
function makePackage(names: readonly string[]): Buffer {
	const header = Buffer.alloc(144);
	header.writeUInt16LE(header.length);
	header.set([0xda, 0x27], 2);
	header.write('CmnD', 12);
	const table = Buffer.alloc(4 + names.length * 8);
	table.writeUInt32LE(names.length);
	const texts = names.map((name) => `${name}\0`);
	const namesLength = texts.join('').length;
	const firstItem = Math.ceil((table.length + namesLength) / 16) * 16;
	let nameAt = table.length;
	for (const [index, text] of texts.entries()) {
		table.writeUInt32LE(nameAt, 4 + index * 8);
		table.writeUInt32LE(firstItem + index * 16, 8 + index * 8);
		nameAt += text.length;
	}
	const padding = Buffer.alloc(firstItem - table.length - namesLength);
	const items = names.map((name) => Buffer.from(name.slice(-16).padEnd(16)));
	return Buffer.concat([header, table, Buffer.from(texts.join('')), padding, ...items]);
}

function itemsOf(icuPackage: Buffer): Record<string, string> {
	const start = icuPackage.readUInt16LE(0);
	const count = icuPackage.readUInt32LE(start);
	return Object.fromEntries(
		Array.from({ length: count }, (_, index) => {
			const name = start + icuPackage.readUInt32LE(start + 4 + index * 8);
			const item = start + icuPackage.readUInt32LE(start + 8 + index * 8);
			return [
				icuPackage.toString('latin1', name, icuPackage.indexOf(0, name)),
				icuPackage.toString('latin1', item, item + 16).trim(),
			];
		}),
	);
}

test('trimIcu() keeps the root locale and English, where they are looked for', (t) => {
	const names = [
		...['af.res', 'brkitr/en.res', 'coll/de.res', 'coll/root.res', 'curr/en.res', 'curr/zh_Hant.res'],
		...['en.res', 'en_GB.res', 'gb18030.cnv', 'haw_US.res', 'nfkc.nrm', 'plurals.res', 'root.res'],
		...['unames.icu', 'unit/en.res', 'zu.res'],
	].map((name) => `icudt78l/${name}`);
	const program = Buffer.concat([Buffer.from('program '), makePackage(names), Buffer.from(' goes on')]);
	const free = trimIcu(program);
	const kept = ['coll/root.res', 'curr/en.res', 'en.res', 'nfkc.nrm', 'plurals.res', 'root.res'];
	t.deepEqual(
		itemsOf(program.subarray(8)),
		Object.fromEntries(
			kept.map((name) => [`icudt78l/${name}`, `icudt78l/${name}`.slice(-16).trim()] as const),
		),
	);
	if (free === null) throw new Error('nothing is free');
	t.true(program.subarray(free.start, free.end).every((byte) => byte === 0));
	t.is(program.toString('latin1', free.end), `${'icudt78l/zu.res'.padEnd(16)} goes on`);
});

test('trimIcu() leaves a program without such data as it is', (t) => {
	const program = Buffer.from('no package, and \xda\x27 by chance', 'latin1');
	const before = Buffer.from(program);
	t.is(trimIcu(program), null);
	t.deepEqual(program, before);
});

test('cutElf() makes a Node that is smaller, runs, and speaks English alone', async (t) => {
	const node = readFileSync(nodePath());
	const free = trimIcu(node);
	if (free === null) throw new Error('this Node has no data of ICU');
	const cut = cutElf(node, free);
	t.true(cut.length < node.length - 25e6);
	const path = join(scratchFolder(t), 'node');
	writeFileSync(path, cut);
	chmodSync(path, 0o755);
	const script = `console.log([
		new Intl.DateTimeFormat('de', { month: 'long', timeZone: 'UTC' }).format(0),
		(1234.5).toLocaleString(), ['b', 'a', 'B'].sort(new Intl.Collator().compare).join(''),
		'\\u00e9'.normalize('NFD').length, new TextDecoder('utf-16le').decode(new Uint8Array([65, 0])),
		new URL('http://b\\u00fccher.example').host,
	].join(' '))`;
	const ran = await runProgram(path, ['-e', script], { env: { LC_ALL: 'en_US.UTF-8' } });
	t.is(ran.stderr, '');
	t.is(ran.stdout.trim(), 'January 1,234.5 abB 2 A xn--bcher-kva.example');
});

test('cutElf() takes whole pages of one segment only', (t) => {
	const node = readFileSync(nodePath());
	t.is(cutElf(node, { start: 5000, end: 8191 }), node, 'no whole page');
	t.throws(() => cutElf(node, { start: 0, end: node.length }), { message: /within one segment/ });
	t.throws(() => cutElf(Buffer.alloc(65536), { start: 0, end: 65536 }), { message: /Only an ELF/ });
});
