// The checks of images on the real packages: no false alarm about any system of ours, and what a person who has mistyped reads.

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { cachePushCommand } from '../../../../tools/commands/cache-push.ts';
import { validateCommand } from '../../../../tools/commands/validate.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { startRegistry } from '../../../helpers/registry.ts';
import { ownerOfAll, scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const packages = process.env['SLIPWAY_CACHE'] ?? resolve('build/cache');

/** The person who builds has the keys that the systems name. */
const owner = ownerOfAll();
test.after.always(() => owner.cleanUp());
const home = scratchFolder(owner);
mkdirSync(join(home, '.ssh'));
for (const key of ['id_ed25519.pub', 'id_rsa.pub']) {
	writeFileSync(join(home, '.ssh', key), 'ssh-ed25519 AAAA test\n');
}
process.env['HOME'] = home;

async function problemsOf(file: string): Promise<readonly { readonly message: string }[]> {
	const { out } = await runCommand(validateCommand, '--images', '--json', '--cache', packages, file);
	return (JSON.parse(out) as { readonly problems: readonly { readonly message: string }[] }).problems;
}

for (const file of globSync('examples/*.yml').sort()) {
	test(`slipway validate --images finds nothing wrong with ${file}`, async (t) => {
		t.deepEqual(await problemsOf(file), []);
	});
}

/** Returns the document with our packages in the place of the images that it names, as the boot tests publish them. */
function withPackages(text: string): string {
	const names: string[] = [];
	JSON.stringify(parse(text), (key, value: unknown) => {
		if (key === 'image' && typeof value === 'string') names.push(value);
		if (key === 'init' && Array.isArray(value)) names.push(...(value as string[]));
		return value;
	});
	return names.reduce((done, name) => {
		const own = basename(name).replace(/:.*/, '');
		return done.replaceAll(name, () => `slipway/${own}:v1`);
	}, text);
}

for (const file of globSync('test/documents/*.yml').sort()) {
	test(`slipway validate --images finds nothing wrong with ${file}`, async (t) => {
		const copy = join(scratchFolder(t), basename(file));
		writeFileSync(copy, withPackages(readFileSync(file, 'utf8')));
		t.deepEqual(await problemsOf(copy), []);
	});
}

const typed: Readonly<Record<string, RegExp>> = {
	'61-cmdtypo':
		/^a: the image has no file \/usr\/bin\/redis-sever\. Did you mean "\/usr\/bin\/redis-server"\?$/,
	'62-bindsrcmissing':
		/^a: nothing in the system makes \/etc\/nothere\.conf, which is bound to \/etc\/x\.conf/,
	'66-kernelwrong':
		/^the image slipway\/redis:v1 is no kernel image: .*Kernel images in the store: .*slipway\/kernel:v1/,
};

for (const [name, expected] of Object.entries(typed)) {
	test(`slipway validate --images of what a user types: ${name}`, async (t) => {
		const problems = await problemsOf(`test/unit/tools/check/cases/${name}.yml`);
		t.is(problems.length, 1, JSON.stringify(problems));
		t.regex(problems[0]?.message ?? '', expected);
	});
}

test('slipway validate --images pulls what the store lacks', async (t) => {
	const folder = scratchFolder(t);
	const image = `${await startRegistry(t)}/t/app:v1`;
	const there = openImageStore(join(folder, 'there'));
	await putTestImage(there, image, [{ name: 'app', mode: 0o755, body: '#!/bin/sh\n' }]);
	await runCommand(cachePushCommand, '--cache', there.folder, image);
	const file = join(folder, 'a.yml');
	writeFileSync(file, `services: [{name: a, image: "${image}", command: [/ap]}]\n`);
	const run = runCommand(validateCommand, '--images', '--cache', join(folder, 'here'), file);
	await t.throwsAsync(run, { message: /a: the image has no file \/ap\. Did you mean "\/app"\?/ });
});
