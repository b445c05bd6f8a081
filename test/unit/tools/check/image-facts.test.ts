import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { hostProcessor } from '../../../../supervisor/contract/processors.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { parseFacts, readFacts } from '../../../../tools/check/image-facts.ts';
import { elfNeeds } from '../../../../tools/package/elf-needs.ts';

const common = { uid: 0, gid: 0, mtimeSeconds: 0 };

async function* parts(bytes: Buffer, size: number): AsyncGenerator<Uint8Array, void> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function file(path: string, bytes: Buffer, mode = 0o755, chunk = 100_000): Entry {
	return { ...common, kind: 'file', path, mode, sizeBytes: bytes.length, content: () => parts(bytes, chunk) };
}

async function factsOf(...entries: readonly Entry[]) {
	const stream = async function* () {
		yield* entries;
	};
	return await readFacts(stream());
}

// Node is larger than the start of a file that is kept.
for (const path of ['/bin/true', '/bin/bash', process.execPath]) {
	test(`readFacts() of ${path} agrees with readelf`, async (t) => {
		const bytes = await readFile(path);
		t.is(bytes.length, statSync(path).size);
		const expected = await elfNeeds(path);
		const facts = await factsOf(file('program', bytes));
		t.deepEqual(facts?.programs['program'], {
			kind: 'elf',
			machine: hostProcessor.elfMachines[0],
			interpreter: expected?.interpreter ?? null,
			needed: expected?.libraries ?? [],
			searched: expected?.searchFolders ?? [],
			isExecutable: true,
		});
	});
}

test('readFacts() of programs in pieces of a byte, scripts and other files', async (t) => {
	const elf = (await readFile('/bin/true')).subarray(0, 20_000);
	const facts = await factsOf(
		{ ...common, kind: 'directory', path: 'bin', mode: 0o755 },
		{ ...common, kind: 'symlink', path: 'sbin', mode: 0o777, target: 'bin' },
		file('bin/script', Buffer.from('#! /bin/sh -e\necho\n'), 0o755, 1),
		file('bin/data', Buffer.from('hello'), 0o755, 1),
		file('bin/empty', Buffer.alloc(0)),
		file('bin/cut', elf, 0o755, 1),
		file('etc/plain', Buffer.from('#!/bin/sh\n'), 0o644),
		file('etc/passwd', Buffer.from('root:x:0:0::/:/bin/sh\n'), 0o644),
	);
	t.deepEqual(facts?.directories, ['bin']);
	t.deepEqual(facts?.links, { sbin: 'bin' });
	t.deepEqual(facts?.files, ['etc/plain', 'etc/passwd']);
	t.deepEqual(facts?.programs['bin/script'], { kind: 'script', line: '/bin/sh -e', isExecutable: true });
	t.deepEqual(facts?.programs['bin/data'], { kind: 'data', isExecutable: true });
	t.deepEqual(facts?.programs['bin/empty'], { kind: 'data', isExecutable: true });
	t.deepEqual(facts?.programs['bin/cut'], {
		kind: 'unknown',
		machine: hostProcessor.elfMachines[0],
		isExecutable: true,
	});
	t.deepEqual(facts?.texts, { 'etc/passwd': 'root:x:0:0::/:/bin/sh\n' });
	t.deepEqual(parseFacts(JSON.stringify(facts)), facts);
});

test('readFacts() of hostile ELF files ends', async (t) => {
	const bytes = await readFile('/bin/true');
	for (let at = 16; at < 1024; at += 1) {
		const harmed = Buffer.from(bytes.subarray(0, 40_000));
		harmed.fill(0xff, at, at + 8);
		const facts = await factsOf(file('a', harmed));
		t.truthy(facts?.programs['a']);
	}
});

test('parseFacts() of other texts', (t) => {
	for (const text of ['', '{', 'null', '[]', '{"files": []}']) t.is(parseFacts(text), null, text);
});
