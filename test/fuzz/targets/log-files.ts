// Files of a log, as a power cut or another program may leave them: read from either end, and gone on with.

import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineFormatter } from '../../../supervisor/logs/line-formatter.ts';
import { readLogEnd } from '../../../supervisor/logs/log-end.ts';
import { recordHeader } from '../../../supervisor/logs/log-line.ts';
import { type LogQuery, readLog } from '../../../supervisor/logs/log-reader.ts';
import { LogRing } from '../../../supervisor/logs/log-ring.ts';
import { lastLines } from '../../../supervisor/logs/log-tail.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

const full = recordHeader(0, 'stdout', 'full');
const partial = recordHeader(0, 'stderr', 'partial');
const queries: readonly LogQuery[] = [
	{},
	{ lines: 2 },
	{ sinceMs: 1 },
	{ stream: 'stderr', lines: 1 },
	{ lines: 0 },
];
const limits = { maxBytes: 40_000, maxFiles: 2 };
let folder = '';

export const target: FuzzTarget = {
	seeds: [
		Buffer.concat([full, Buffer.from('x\n'), partial, Buffer.from('y\n'), full, Buffer.from('z')]),
		Buffer.concat([
			partial,
			Buffer.from('x'.repeat(16_384)),
			Buffer.from('\n'),
			partial,
			Buffer.from('rest'),
		]),
		'no record\n\0\0\0\0',
	],
	words: [full, partial, '\n', ' stdout F ', ' stderr P ', 'x'.repeat(16_384), Buffer.alloc(100)],
	declares: never,
	run(input) {
		if (folder === '') {
			folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-log-'));
			process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
		}
		for (const name of readdirSync(folder)) rmSync(join(folder, name));
		const path = join(folder, 'a.log');
		writeFileSync(path, input);
		checkReading(path);
		checkGoingOn(path);
	},
};

function checkReading(path: string): void {
	const fd = openSync(path, 'r');
	try {
		const sizeBytes = fstatSync(fd).size;
		const { atBytes } = readLogEnd(fd, sizeBytes);
		if (atBytes < 0 || atBytes > sizeBytes)
			throw new Violation(`the next record at ${atBytes} of ${sizeBytes}`);
	} finally {
		closeSync(fd);
	}
	lastLines(path, 3);
	const all = [...readLog(path)].length;
	for (const query of queries) {
		const count = [...readLog(path, query)].length;
		if (count > all) throw new Violation(`${count} of ${all} records`);
	}
}

/** A line that is added to the file is read back as the last one. */
function checkGoingOn(path: string): void {
	const trouble: unknown[] = [];
	const ring = new LogRing(path, limits, { onTrouble: (error) => trouble.push(error), onRecovered() {} });
	const end = ring.resume();
	const unfinished = end?.unfinished?.stream === 'stdout' ? end.unfinished.record : undefined;
	const formatter = new LineFormatter('stdout', unfinished, end?.partial.has('stdout'));
	formatter.add(Buffer.from('\nthe added line\n'), 1000, (finished, begun) => ring.append(finished, begun));
	ring.close();
	if (trouble.length > 0) throw trouble[0];
	const last = [...readLog(path, { lines: 1, stream: 'stdout' })]
		.map(({ text }) => text.toString('utf8'))
		.join('');
	if (last !== 'the added line')
		throw new Violation(`the last line is ${JSON.stringify(last.slice(0, 200))}`);
}
