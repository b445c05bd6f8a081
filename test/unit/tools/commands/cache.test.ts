import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { cacheImportCommand } from '../../../../tools/commands/cache-import.ts';
import { cacheLsCommand } from '../../../../tools/commands/cache-ls.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const reference = 'docker.io/slipway/a:v1';

test('slipway cache import accepts an archive of skopeo, and cache ls lists it', async (t) => {
	const [source, target] = [scratchFolder(t), scratchFolder(t)];
	await putTestImage(openImageStore(source), reference, [{ name: 'app', body: 'hello' }]);
	const archive = join(scratchFolder(t), 'a.tar');
	const copied = await runProgram('skopeo', [
		'copy',
		`oci:${source}:${reference}`,
		`oci-archive:${archive}:${reference}`,
	]);
	t.is(copied.exitCode, 0, copied.stderr);
	const imported = await runCommand(cacheImportCommand, '--cache', target, archive);
	t.is(imported.out, `${reference}\n`);
	const table = await runCommand(cacheLsCommand, '--cache', target);
	t.regex(
		table.out,
		/^REFERENCE +DIGEST +PLATFORM +SIZE\ndocker\.io\/slipway\/a:v1 {2}[0-9a-f]{12} {2}linux\/amd64 {2}\d.*B\n$/,
	);
	const json = JSON.parse((await runCommand(cacheLsCommand, '--cache', target, '--json')).out) as unknown;
	const image = await openImageStore(target).find(reference);
	const sizeBytes = image?.layers[0]?.size;
	t.deepEqual(json, [{ reference, digest: image?.manifest.digest, platform: 'linux/amd64', sizeBytes }]);
});

test('slipway cache import - reads the standard input, and --json prints what was added', async (t) => {
	const [source, target] = [scratchFolder(t), scratchFolder(t)];
	await putTestImage(openImageStore(source), reference, [{ name: 'app', body: 'hello' }]);
	const archive = join(scratchFolder(t), 'a.tar');
	const exported = await runCommand(
		{ run: main },
		'cache',
		'export',
		'--cache',
		source,
		'--output',
		archive,
		reference,
	);
	t.is(exported.exitCode, 0, exported.err);
	const imports = async (file: string) =>
		await runProgram('sh', [
			'-c',
			'exec "$0" --no-warnings tools/slipway.ts cache import --json --cache "$1" - < "$2"',
			process.execPath,
			target,
			file,
		]);
	const imported = await imports(archive);
	t.deepEqual([imported.exitCode, JSON.parse(imported.stdout)], [0, [{ reference }]], imported.stderr);
	t.not(await openImageStore(target).find(reference), null);
	writeFileSync(archive, 'no tar');
	const wrong = await imports(archive);
	t.is(wrong.exitCode, 1);
	t.regex(wrong.stderr, /^slipway: the standard input/);
});

test('slipway cache ls of a store that does not exist is empty', async (t) => {
	const folder = join(scratchFolder(t), 'none');
	t.is((await runCommand(cacheLsCommand, '--cache', folder)).out, 'REFERENCE  DIGEST  PLATFORM  SIZE\n');
	t.is((await runCommand(cacheLsCommand, '--cache', folder, '--json')).out, '[]\n');
});

test('slipway cache import: a name in an archive does not command the terminal', async (t) => {
	const archive = join(scratchFolder(t), 'evil.tar');
	writeFileSync(archive, await makeTar([{ name: '../\u001b[2J', body: 'x' }]));
	const written: string[] = [];
	const err = new Writable({
		write(chunk, _encoding, done) {
			written.push(String(chunk));
			done();
		},
	});
	t.is(await main(['cache', 'import', '--cache', scratchFolder(t), archive], { out: err, err }), 1);
	t.is(written.join(''), `slipway: ${archive} has the path "../ [2J", which leads out of its tree.\n`);
});

test('slipway cache import and ls: wrong usage', async (t) => {
	await t.throwsAsync(runCommand(cacheImportCommand), { name: 'UsageError', message: /needs a FILE/ });
	await t.throwsAsync(runCommand(cacheImportCommand, '--x', 'f'), { name: 'UsageError' });
	await t.throwsAsync(runCommand(cacheLsCommand, 'more'), { name: 'UsageError' });
});
