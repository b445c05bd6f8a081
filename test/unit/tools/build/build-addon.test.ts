import { mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openNative } from '../../../../native/open.ts';
import { buildAddon } from '../../../../tools/build/build-addon.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-addon-'));

test.serial('buildAddon() leaves an addon alone that is up to date', async (t) => {
	const file = join(folder, 'native.node');
	await buildAddon(file);
	utimesSync(file, 1, 1);
	await buildAddon(file);
	t.is(statSync(file).mtimeMs, 1000);
	t.true('MS_BIND' in openNative(file).constants);
});

test.serial('buildAddon() may run several times at once', async (t) => {
	const files = ['a', 'b', 'c'].map((name) => join(folder, 'new-folder', name));
	await Promise.all(files.map((file) => buildAddon(file)));
	t.is(new Set(files.map((file) => statSync(file).size)).size, 1);
});

test.serial('buildAddon() shows what the compiler said', async (t) => {
	// Another compiler means other objects: nothing of the real ones is touched.
	process.env['CXX'] = '/nowhere/g++';
	t.teardown(() => {
		delete process.env['CXX'];
	});
	await t.throwsAsync(buildAddon(join(folder, 'other.node')), {
		message: /^\/nowhere\/g\+\+ .*: it is not installed/,
	});
});

test.after.always(() => rmSync(folder, { recursive: true }));
