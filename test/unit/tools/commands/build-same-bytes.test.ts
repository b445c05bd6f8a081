// The same system gives the same bytes in every format, in another folder, with another store, and at another time.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { outputFormats } from '../../../../tools/output/formats.ts';
import { buildSmallSystem } from './small-system.ts';

const test = ava.serial;

/** Returns the names of the files and their bytes. */
async function build(t: ExecutionContext, format: string): Promise<ReadonlyMap<string, Buffer>> {
	const out = await buildSmallSystem(t, format);
	return new Map(readdirSync(out).map((name) => [name, readFileSync(join(out, name))]));
}

for (const { name, endings } of outputFormats) {
	test(`slipway build --format ${name} writes the same bytes from two stores`, async (t) => {
		const first = await build(t, name);
		t.deepEqual([...first.keys()], endings.map((ending) => `web${ending}`).toSorted());
		const second = await build(t, name);
		for (const [file, bytes] of first) t.true(second.get(file)?.equals(bytes), file);
	});
}

test('slipway build --format iso-efi-initrd writes the bytes of iso-efi', async (t) => {
	const [named] = (await build(t, 'iso-efi-initrd')).values();
	const [bytes] = (await build(t, 'iso-efi')).values();
	t.true(named !== undefined && bytes !== undefined && named.equals(bytes));
});
