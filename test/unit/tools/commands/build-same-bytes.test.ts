// The same system gives the same bytes in every format: with another store and folder, at another time of another zone, with another umask and
// language, and when images and formats come in another order.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { outputFormats } from '../../../../tools/output/formats.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { ownerOfAll, scratchFolder } from '../../../helpers/scratch.ts';

interface Surroundings {
	/** A folder for the system, below one of its own. */
	readonly folder: string;
	readonly umask: string;
	readonly timeZone: string;
	readonly language: string;
	/** How far the clock of the program is ahead. */
	readonly aheadMs: number;
	readonly order: 'given' | 'reversed';
}

const one: Surroundings = {
	folder: 'a',
	umask: '022',
	timeZone: 'UTC',
	language: 'C',
	aheadMs: 0,
	order: 'given',
};
/** Turkish has other capitals for i. */
const other: Surroundings = {
	folder: 'another folder/with a longer name',
	umask: '077',
	timeZone: 'Pacific/Kiritimati',
	language: 'tr_TR.UTF-8',
	aheadMs: 400 * 86_400_000,
	order: 'reversed',
};
/** FAT and archives keep times in steps of up to two seconds. */
const stepMs = 2000;

const test = ava.serial;
const owner = ownerOfAll();
let built: readonly string[];

ava.before(async (t) => {
	t.timeout(600_000);
	const step = Math.floor(Date.now() / stepMs);
	const first = await buildAll(one);
	// The files that a build makes on its way have the times of the kernel, which nobody shifts.
	await eventually(() => Math.floor(Date.now() / stepMs) !== step);
	built = [first, await buildAll(other)];
});
ava.after.always(() => owner.cleanUp());

/** Returns the folder of the system, and its outputs. */
async function buildAll({
	folder,
	umask,
	timeZone,
	language,
	aheadMs,
	order,
}: Surroundings): Promise<string> {
	const place = join(scratchFolder(owner), folder);
	mkdirSync(place, { recursive: true });
	const clock = `const Real = Date; globalThis.Date = class extends Real {
		constructor(...args) { super(...(args.length === 0 ? [Real.now() + ${aheadMs}] : args)); }
		static now() { return Real.now() + ${aheadMs}; }
	};`;
	const program = [
		process.execPath,
		'--import',
		`data:text/javascript,${encodeURIComponent(clock)}`,
		join(import.meta.dirname, 'fixtures/build-all-formats.ts'),
	];
	const child = spawn('sh', ['-c', 'umask "$0"; exec "$@"', umask, ...program, place, order], {
		stdio: ['ignore', 'inherit', 'inherit'],
		env: { ...process.env, TZ: timeZone, LANG: language, LC_ALL: language },
	});
	const [status] = await once(child, 'close');
	if (status !== 0) throw new Error(`the builds in ${place} ended with ${status}`);
	return place;
}

/** Returns the names of the files and their bytes. */
function outputOf(folder: string, format: string): ReadonlyMap<string, Buffer> {
	const out = join(folder, `out-${format}`);
	return new Map(readdirSync(out).map((name) => [name, readFileSync(join(out, name))]));
}

for (const { name, endings } of outputFormats) {
	test(`slipway build --format ${name} writes the same bytes in other surroundings`, (t) => {
		const [first, second] = built.map((folder) => outputOf(folder, name));
		t.deepEqual([...(first?.keys() ?? [])], endings.map((ending) => `web${ending}`).toSorted());
		for (const [file, bytes] of first ?? []) t.true(second?.get(file)?.equals(bytes), file);
	});
}

test('slipway build --format iso-efi-initrd writes the bytes of iso-efi', (t) => {
	const [named, bytes] = ['iso-efi-initrd', 'iso-efi'].map((format) => [
		...outputOf(built[0] ?? '', format).values(),
	]);
	t.true(named?.length === 1 && bytes?.[0] !== undefined && named[0]?.equals(bytes[0]));
});
