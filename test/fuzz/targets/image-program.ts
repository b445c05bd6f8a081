// A program of an image, as the checks before a build read it: the head of an ELF file or a script, what it needs, and the search
// for that in a tree.

import { processors } from '../../../supervisor/contract/processors.ts';
import type { Entry } from '../../../tools/archive/entry.ts';
import { fileTree } from '../../../tools/check/file-tree.ts';
import { parseFacts, readFacts } from '../../../tools/check/image-facts.ts';
import { startProblem } from '../../../tools/check/program-check.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';

const segmentBytes = 56;

/** A program with a loader, two libraries and a search path; its address is its offset. */
function smallElf(): Buffer {
	const strings = Buffer.from('\0liba.so.1\0libb.so\0$ORIGIN/../lib:/opt\0');
	const interpreter = Buffer.from('/lib64/ld-linux-x86-64.so.2\0');
	const start = 64 + 3 * segmentBytes;
	const stringsAt = start + interpreter.length;
	const dynamicAt = stringsAt + strings.length;
	const dynamic = Buffer.alloc(6 * 16);
	for (const [index, [tag, value]] of [
		[1, 1],
		[1, 11],
		[29, 19],
		[5, stringsAt],
		[10, strings.length],
		[0, 0],
	].entries()) {
		dynamic.writeBigUInt64LE(BigInt(tag ?? 0), index * 16);
		dynamic.writeBigUInt64LE(BigInt(value ?? 0), index * 16 + 8);
	}
	const size = dynamicAt + dynamic.length;
	const header = Buffer.alloc(64);
	header.write('\x7fELF\x02\x01\x01', 'latin1');
	header.writeUInt16LE(3, 16);
	header.writeBigUInt64LE(64n, 32);
	header.writeUInt16LE(segmentBytes, 54);
	header.writeUInt16LE(3, 56);
	const segment = (type: number, at: number, length: number): Buffer => {
		const bytes = Buffer.alloc(segmentBytes);
		bytes.writeUInt32LE(type, 0);
		for (const [offset, value] of [
			[8, at],
			[16, at],
			[32, length],
		] as const)
			bytes.writeBigUInt64LE(BigInt(value), offset);
		return bytes;
	};
	const segments = [
		segment(3, start, interpreter.length),
		segment(1, 0, size),
		segment(2, dynamicAt, dynamic.length),
	];
	return Buffer.concat([header, ...segments, interpreter, strings, dynamic]);
}

export const target: FuzzTarget = {
	seeds: [smallElf(), '#!/bin/sh\necho\n', '#! /usr/bin/env -S node --flag\n', '#!/bin/sh\r\n', 'text', ''],
	// No input is refused: what is wrong in an image's file is a finding at most.
	declares: () => false,
	async run(input) {
		const entries = async function* (): AsyncGenerator<Entry, void> {
			const content = async function* () {
				for (let at = 0; at < input.length; at += 100) yield input.subarray(at, at + 100);
			};
			const common = { uid: 0, gid: 0, mtimeSeconds: 0, mode: 0o755 };
			yield { ...common, kind: 'file', path: 'app', sizeBytes: input.length, content };
		};
		const facts = await readFacts(entries());
		const again = facts === null ? null : parseFacts(JSON.stringify(facts));
		if (facts === null || again === null || JSON.stringify(again) !== JSON.stringify(facts))
			throw new Violation('the facts are others when they are read back');
		if (!Object.hasOwn(facts.programs, 'app')) throw new Violation('an executable file is no program');
		const problem = startProblem(fileTree([again]), {
			args: ['/app'],
			env: ['PATH=/'],
			cwd: '/',
			processor: processors.amd64,
		});
		if (problem?.check === 'command') throw new Violation(problem.message);
	},
};
