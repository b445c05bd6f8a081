// Firmware boots with such keys in test/vm/secure-boot.test.ts and, for arm64, in test/vm/arm64.test.ts.

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const cli = { run: main };

test.serial(
	'slipway keys new makes three keys that openssl reads, and variables with their certificates',
	async (t) => {
		const folder = join(scratchFolder(t), 'keys');
		const { exitCode, out, err } = await runCommand(
			cli,
			'keys',
			'new',
			'--name',
			'Our fleet',
			'--days',
			'10',
			'--json',
			folder,
		);
		t.is(exitCode, 0, err);
		t.deepEqual(
			(JSON.parse(out) as string[]).sort(),
			readdirSync(folder)
				.map((name) => join(folder, name))
				.sort(),
		);
		t.is(statSync(folder).mode & 0o777, 0o700);
		const variables = ['OVMF_VARS.fd', 'AAVMF_VARS.fd'].map((name) => readFileSync(join(folder, name)));
		const { blocks, size } = statSync(join(folder, 'AAVMF_VARS.fd'));
		t.true(blocks * 512 < 2 ** 20);
		t.is(size, statSync('/usr/share/AAVMF/AAVMF_VARS.fd').size);
		for (const kind of ['PK', 'KEK', 'db']) {
			const path = join(folder, kind);
			t.is(statSync(`${path}.key`).mode & 0o777, 0o600);
			const key = await runProgram('openssl', ['pkey', '-in', `${path}.key`, '-pubout']);
			const certificate = await runProgram('openssl', [
				'x509',
				'-in',
				`${path}.crt`,
				'-noout',
				'-pubkey',
				'-subject',
			]);
			t.is(certificate.stdout, `${key.stdout}subject=CN = Our fleet ${kind}\n`);
			const der = readFileSync(`${path}.cer`);
			t.true(der.equals(new X509Certificate(readFileSync(`${path}.crt`)).raw));
			for (const flash of variables) t.true(flash.includes(der), kind);
		}
	},
);

test('slipway keys new replaces nothing, and says what it expects', async (t) => {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'there'));
	for (const [words, exitCode, message] of [
		[[join(folder, 'there')], 1, /there can't be made: it exists\. Choose another name\./],
		[
			[join(folder, 'no', 'keys')],
			1,
			/keys can't be made: the directory above it is not there\. Make it first\./,
		],
		[[], 2, /keys new needs one DIR, for example keys\./],
		[['--name', 'a/CN=b', join(folder, 'keys')], 2, /--name a\/CN=b: expected up to 48 letters/],
		[['--days', '0', join(folder, 'keys')], 2, /--days 0: expected a whole number from 1 to 36500/],
	] as const) {
		const refused = await runCommand(cli, 'keys', 'new', ...words);
		t.is(refused.exitCode, exitCode);
		t.regex(refused.err, message);
	}
	t.deepEqual(readdirSync(folder), ['there']);
	t.deepEqual(readdirSync(join(folder, 'there')), []);
});

test.serial('slipway keys new leaves nothing when openssl is missing', async (t) => {
	const folder = join(scratchFolder(t), 'keys');
	const path = process.env['PATH'];
	process.env['PATH'] = '/nowhere';
	t.teardown(() => {
		process.env['PATH'] = path;
	});
	const { exitCode, err } = await runCommand(cli, 'keys', 'new', folder);
	t.is(exitCode, 1);
	t.regex(err, /openssl .* it is not installed\. The Debian package openssl has it\./);
	t.false(existsSync(folder));
});
