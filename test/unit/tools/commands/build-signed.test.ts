// Signed EFI programs, read by sbverify. Firmware checks them in test/vm/secure-boot.test.ts.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../../../tools/cli.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { outputFormats } from '../../../../tools/output/formats.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const cli = { run: main };

const yaml = `kernel:
  image: t/kernel:v1
  cmdline: "console=ttyS0"
init:
  - t/init:v1
`;

interface Place {
	readonly folder: string;
	/** An empty directory for the outputs. */
	readonly out: string;
	readonly key: string;
	readonly certificate: string;
}

async function openssl(...args: readonly string[]): Promise<void> {
	const { exitCode, stderr } = await runProgram('openssl', args);
	if (exitCode !== 0) throw new Error(stderr);
}

async function makePair(folder: string, name: string, kind: readonly string[]): Promise<void> {
	const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
	const files = ['-keyout', key, '-out', certificate];
	await openssl('req', '-new', '-x509', '-newkey', ...kind, '-nodes', '-subj', '/CN=t', ...files);
}

async function makePlace(t: ExecutionContext): Promise<Place> {
	const folder = scratchFolder(t);
	const out = join(folder, 'out');
	mkdirSync(out);
	await makePair(folder, 'db', ['rsa:2048']);
	writeFileSync(join(folder, 'web.yml'), yaml);
	const store = openImageStore(join(folder, 'store'));
	const modules = await makeTar([{ name: 'lib/modules/', type: 'directory', mode: 0o755 }]);
	// No program of a kernel is in it: sbsign reads only the program around it.
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'KERNEL'.repeat(5000) },
		{ name: 'kernel.tar', body: modules },
	]);
	await putTestImage(store, 't/init:v1', [{ name: 'init', mode: 0o755, body: 'init' }]);
	return { folder, out, key: join(folder, 'db.key'), certificate: join(folder, 'db.crt') };
}

async function build({ folder, out }: Place, format: string, ...words: readonly string[]) {
	const places = ['--offline', '--cache', join(folder, 'store'), '--dir', out];
	return await runCommand(cli, 'build', ...places, '--format', format, ...words, join(folder, 'web.yml'));
}

/** Returns the path of the EFI program in a medium: mtools find the file system by its place. */
async function programIn(path: string, folder: string): Promise<string> {
	if (path.endsWith('.efi')) return path;
	const program = join(folder, 'program.efi');
	let volume = `${path}@@1M`;
	if (path.endsWith('.qcow2')) {
		const raw = join(folder, 'raw.img');
		await runProgram('qemu-img', ['convert', '-O', 'raw', path, raw]);
		volume = `${raw}@@1M`;
	}
	if (path.endsWith('.iso')) {
		volume = join(folder, 'efi.img');
		await runProgram('xorriso', ['-osirrox', 'on', '-indev', path, '-extract', '/efi.img', volume]);
	}
	const copied = await runProgram('mcopy', ['-n', '-i', volume, '::/EFI/BOOT/BOOTX64.EFI', program]);
	if (copied.exitCode !== 0) throw new Error(copied.stderr);
	return program;
}

for (const { name, medium } of outputFormats.filter(({ hasEfiProgram }) => hasEfiProgram === true)) {
	test(`slipway build --format ${name} --sign-key signs the program in it`, async (t) => {
		const place = await makePlace(t);
		const { exitCode, err } = await build(
			place,
			name,
			...['--sign-key', place.key, '--sign-cert', place.certificate],
		);
		t.is(exitCode, 0, err);
		t.deepEqual(readdirSync(place.out), [`web${medium?.ending}`]);
		const path = join(place.out, `web${medium?.ending}`);
		const program = await programIn(path, place.folder);
		const verified = await runProgram('sbverify', ['--cert', place.certificate, program]);
		t.is(verified.exitCode, 0, verified.stderr);
		const sections = await runProgram('objdump', ['-h', program]);
		t.regex(sections.stdout, /\.cmdline .*\.linux .*\.initrd /s);
		const secret = readFileSync(place.key, 'latin1').split('\n')[5] ?? '-';
		t.false(readFileSync(path).includes(secret));
	});
}

test('slipway build --format iso --sign-key names the kernel in the signed program as its file', async (t) => {
	const place = await makePlace(t);
	await build(place, 'iso', '--sign-key', place.key, '--sign-cert', place.certificate);
	const kernel = join(place.folder, 'kernel');
	const iso = join(place.out, 'web.iso');
	await runProgram('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', '/boot/kernel', kernel]);
	t.is(readFileSync(kernel, 'latin1'), 'KERNEL'.repeat(5000));
});

test('two signed builds differ in nothing but the signature', async (t) => {
	const place = await makePlace(t);
	const program = join(place.out, 'web.efi');
	await build(place, 'uki');
	const unsigned = readFileSync(program);
	await build(place, 'uki', '--sign-key', place.key, '--sign-cert', place.certificate);
	const first = readFileSync(program);
	await build(place, 'uki', '--sign-key', place.key, '--sign-cert', place.certificate);
	const second = readFileSync(program);
	t.true(first.length > unsigned.length);
	// The headers name the signature and a checksum; the sections follow them.
	const headers = 4096;
	for (const each of [first, second])
		t.true(each.subarray(headers, unsigned.length).equals(unsigned.subarray(headers)));
});

test('slipway build says what is wrong with a key or a certificate, and writes nothing', async (t) => {
	const place = await makePlace(t);
	const path = (name: string): string => join(place.folder, name);
	await makePair(place.folder, 'other', ['rsa:2048']);
	await makePair(place.folder, 'ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']);
	await openssl('pkey', '-in', place.key, '-aes256', '-passout', 'pass:x', '-out', path('locked.key'));
	await openssl('x509', '-in', place.certificate, '-outform', 'DER', '-out', path('db.cer'));
	writeFileSync(path('empty'), '');
	copyFileSync(place.certificate, path('cut.crt'));
	writeFileSync(path('cut.crt'), readFileSync(place.certificate).subarray(0, 200));
	for (const [key, certificate, message] of [
		[
			'other.key',
			'db.crt',
			/--sign-cert .*db\.crt: the certificate belongs to another key than .*other\.key\./,
		],
		['none', 'db.crt', /--sign-key .*none: the file can't be read \(ENOENT\)\./],
		['db.key', 'none', /--sign-cert .*none: the file can't be read \(ENOENT\)\./],
		['locked.key', 'db.crt', /--sign-key .*locked\.key: the key has a passphrase, and a build asks for none/],
		['ec.key', 'ec.crt', /firmware checks signatures of RSA keys, and this is one of ec\./],
		['.', 'db.crt', /--sign-key .*: expected a file of up to 64 KiB\./],
		['empty', 'db.crt', /--sign-key .*empty: expected a private key in PEM/],
		['db.crt', 'db.key', /--sign-key .*db\.crt: expected a private key in PEM/],
		['db.key', 'db.key', /--sign-cert .*db\.key: expected a certificate in PEM/],
		['db.key', 'db.cer', /--sign-cert .*db\.cer: expected a certificate in PEM/],
		['db.key', 'cut.crt', /--sign-cert .*cut\.crt: expected a certificate in PEM/],
	] as const) {
		const words = ['--sign-key', path(key), '--sign-cert', path(certificate)];
		const { exitCode, err } = await build(place, 'uki', ...words);
		t.is(exitCode, 1);
		t.regex(err, message);
	}
	t.deepEqual(readdirSync(place.out), []);
});

test('slipway build refuses to sign what has no EFI program, and half a pair', async (t) => {
	const place = await makePlace(t);
	const pair = ['--sign-key', place.key, '--sign-cert', place.certificate];
	for (const format of ['kernel+initrd', 'raw-bios', 'uki,tar']) {
		const { exitCode, err } = await build(place, format, ...pair);
		t.is(exitCode, 2);
		t.regex(
			err,
			/--sign-key signs EFI programs, and the format (kernel\+initrd|raw-bios|tar) has none\. Formats with one: uki, iso, /,
		);
	}
	for (const half of [pair.slice(0, 2), pair.slice(2)]) {
		const { exitCode, err } = await build(place, 'uki', ...half);
		t.is(exitCode, 2);
		t.regex(err, /--sign-key KEY and --sign-cert CERT need each other\./);
	}
	t.deepEqual(readdirSync(place.out), []);
});

test.serial('slipway build --sign-key says what to install', async (t) => {
	const place = await makePlace(t);
	const path = process.env['PATH'];
	process.env['PATH'] = place.folder;
	t.teardown(() => {
		process.env['PATH'] = path;
	});
	const { exitCode, err } = await build(
		place,
		'uki',
		'--sign-key',
		place.key,
		'--sign-cert',
		place.certificate,
	);
	t.is(exitCode, 1);
	t.regex(
		err,
		/--sign-key needs sbsign, which this machine does not have\. On Debian: apt-get install sbsigntool;/,
	);
	t.deepEqual(readdirSync(place.out), []);
});
