// `slipway build` of images that must be signed, from a registry with and without cosign's signatures.

import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeKey, payloadOf, pulledImage, pushSignatures, signedLayer } from '../trust/signing.ts';

async function makePlace(t: ExecutionContext) {
	const image = await pulledImage(t);
	const folder = scratchFolder(t);
	const file = join(folder, 'system.yml');
	const yaml = `init:\n  - ${image.name}\n`;
	writeFileSync(file, yaml);
	const key = await makeKey(t);
	copyFileSync(key.publicFile, join(folder, 'cosign.pub'));
	const build = async (...more: readonly string[]) =>
		await runCommand(
			buildCommand,
			...['--format', 'tar', '--dir', folder, '--cache', image.store.folder, ...more, file],
		);
	const signImage = async (): Promise<void> => {
		const payload = payloadOf(`${image.host}/${image.repository}`, image.digest);
		await pushSignatures(image, [await signedLayer(t, key, payload)]);
	};
	return { folder, file, yaml, key, build, signImage };
}

test('slipway build --verify-key refuses an image without a signature, and accepts it when it is signed', async (t) => {
	const { folder, key, build, signImage } = await makePlace(t);
	await t.throwsAsync(build('--verify-key', key.publicFile), {
		code: 'NOT_SIGNED',
		message: /^.*system\.yml:2:5: [^\n]*cosign sign --key/,
	});
	t.false(readdirSync(folder).includes('system.tar'));
	await signImage();
	t.is((await build('--verify-key', key.publicFile)).exitCode, 0);
	t.is(
		(await build('--offline', '--verify-key', key.publicFile)).exitCode,
		0,
		'the signature is in the store',
	);
	t.is((await build('--verify-key', `slipway=${key.publicFile}`)).exitCode, 0);
	const other = await makeKey(t);
	await t.throwsAsync(build('--verify-key', other.publicFile), { code: 'BAD_SIGNATURE' });
	t.is(
		(await build('--verify-key', `elsewhere=${other.publicFile}`)).exitCode,
		0,
		'it asks for other images',
	);
});

test('slipway build: "trust" with keys requires a signature, which replaces the digest', async (t) => {
	const { file, yaml, build, signImage } = await makePlace(t);
	writeFileSync(file, `${yaml}trust:\n  org: [slipway]\n  keys: [cosign.pub]\n`);
	await t.throwsAsync(build(), { code: 'NOT_SIGNED' });
	await signImage();
	t.is((await build()).exitCode, 0);
	// cosign's signature has no time by itself.
	writeFileSync(file, `${yaml}trust:\n  org: [slipway]\n  keys: [cosign.pub]\n  maxAge: 90d\n`);
	await t.throwsAsync(build(), {
		code: 'BAD_SIGNATURE',
		message: /one has no signed time, which "maxAge" needs/,
	});
	await t.throwsAsync(build('--require-digest'), { code: 'NOT_PINNED' });
});

test('slipway build reports a file that is no key before the first pull', async (t) => {
	const { build, file, folder } = await makePlace(t);
	await t.throwsAsync(build('--verify-key', file), { message: /system\.yml.*expected a public key in PEM/ });
	await t.throwsAsync(build('--verify-key', join(folder, 'none.pub')), { message: /none\.pub/ });
});
