// The second opinion is edk2's own: Debian's package of OVMF has variables in which edk2 has enrolled a key. OVMF reads ours in
// test/vm/secure-boot.test.ts.

import { readFileSync } from 'node:fs';
import test from 'ava';
import { secureBootVariables, withVariables } from '../../../../tools/media/efi-variables.ts';

const blank = readFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd');
const enrolled = readFileSync('/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd');

const headerBytes = 60;
const firstVariable = 0x64;

interface Found {
	readonly header: Buffer;
	readonly data: Buffer;
}

/** Walks over the variables that are not deleted. */
function variablesOf(flash: Buffer): Map<string, Found> {
	const found = new Map<string, Found>();
	let position = firstVariable;
	while (flash.readUInt16LE(position) === 0x55aa) {
		const nameEnd = position + headerBytes + flash.readUInt32LE(position + 36);
		const dataEnd = nameEnd + flash.readUInt32LE(position + 40);
		const name = flash.toString('utf16le', position + headerBytes, nameEnd - 2);
		const header = Buffer.from(flash.subarray(position, position + headerBytes));
		// The time at which the variable was set.
		header.fill(0, 16, 32);
		if (flash[position + 2] === 0x3f) found.set(name, { header, data: flash.subarray(nameEnd, dataEnd) });
		position = Math.ceil(dataEnd / 4) * 4;
	}
	return found;
}

/** A GUID as a text, from its bytes. */
function guidText(bytes: Buffer): string {
	const part = (start: number, end: number) => bytes.subarray(start, end);
	const parts = [
		part(0, 4).toReversed(),
		part(4, 6).toReversed(),
		part(6, 8).toReversed(),
		part(8, 10),
		part(10, 16),
	];
	return parts.map((each) => Buffer.from(each).toString('hex')).join('-');
}

test('withVariables() enrols a certificate in the bytes in which edk2 has enrolled it', (t) => {
	const theirs = variablesOf(enrolled);
	const platform = theirs.get('PK')?.data ?? Buffer.alloc(0);
	const owner = guidText(platform.subarray(28, 44));
	const certificate = platform.subarray(44);
	const made = secureBootVariables({ PK: certificate, KEK: certificate, db: certificate }, owner);
	const ours = variablesOf(withVariables(blank, made, 'blank'));
	t.deepEqual([...ours.keys()], ['PK', 'KEK', 'db']);
	t.deepEqual(ours.get('PK'), theirs.get('PK'));
	for (const name of ['KEK', 'db']) {
		// Their lists hold the same certificate; db has a second header field of its own, the vendor.
		const [own, other] = [ours.get(name), theirs.get(name)];
		t.is(own?.header.subarray(44).toString('hex'), other?.header.subarray(44).toString('hex'), name);
		t.is(own?.header.readUInt32LE(4), other?.header.readUInt32LE(4), name);
	}
});

test('withVariables() replaces the variables that are there, and leaves all else', (t) => {
	const made = secureBootVariables(
		{ PK: Buffer.alloc(101, 1), KEK: Buffer.alloc(102, 2), db: Buffer.alloc(103, 3) },
		'00112233-4455-6677-8899-aabbccddeeff',
	);
	const flash = withVariables(blank, made, 'blank');
	t.is(flash.length, blank.length);
	t.true(flash.subarray(0, firstVariable).equals(blank.subarray(0, firstVariable)));
	t.true(flash.subarray(firstVariable + 1024).equals(blank.subarray(firstVariable + 1024)));
	t.true(variablesOf(enrolled).size > made.length);
	const replaced = withVariables(enrolled, made, 'enrolled');
	const storeEnd = 0x40_000;
	t.true(replaced.subarray(0, storeEnd).equals(flash.subarray(0, storeEnd)));
	t.true(replaced.subarray(storeEnd).equals(enrolled.subarray(storeEnd)));
});

const large = { PK: Buffer.alloc(300_000), KEK: Buffer.alloc(10), db: Buffer.alloc(10) };

for (const [what, flash, message] of [
	['an empty file', Buffer.alloc(0), /^blank can't hold keys: it is no store of variables\./],
	['a file of zeros', Buffer.alloc(540_672), /it is no store of variables/],
	['a file that is cut off', blank.subarray(0, 1000), /it is cut off/],
	['a store without room', blank, /it has no room for the certificates/],
	[
		'variables that nobody signs',
		Buffer.concat([blank.subarray(0, 72), Buffer.alloc(16), blank.subarray(88)]),
		/its variables are not authenticated ones/,
	],
] as const) {
	test(`withVariables() refuses ${what}`, (t) => {
		const variables = secureBootVariables(large, '00112233-4455-6677-8899-aabbccddeeff');
		t.throws(() => withVariables(flash, variables, 'blank'), { code: 'TOOL_FAILED', message });
	});
}
